using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads byte strings in plain, delta-length and delta encoding (Encodings.md, "PLAIN", "Delta-length byte array", "Delta Strings").</summary>
internal sealed class ByteArrayDecoder
{
    /// <summary>A dictionary or shared beginnings make gigabytes out of a few bytes; a batch this large is nobody's data.</summary>
    public const int MaxBatchBytes = 1 << 30;
    private const int Block = 1024;

    private readonly DeltaDecoder prefixes = new();
    private readonly DeltaDecoder lengths = new();
    private readonly int[] prefixBlock = new int[Block];
    private readonly int[] lengthBlock = new int[Block];
    private byte[] previous = [];
    private int previousLength;
    private Encoding encoding;
    private byte[] page = [];
    private int at;
    private int end;

    /// <summary>Begins the values of a page.</summary>
    public void Start(Encoding encoding, byte[] page, int from, int to)
    {
        this.encoding = encoding;
        this.page = page;
        at = from;
        end = to;
        previousLength = 0;
        if (encoding == Encoding.Plain) return;

        // A page of nulls alone may lack even the header.
        lengths.Clear();
        if (from == to) return;
        if (encoding == Encoding.DeltaByteArray)
        {
            prefixes.Reset(page, at, end);
            at = prefixes.FindEnd();
        }

        lengths.Reset(page, at, end);
        at = lengths.FindEnd();
    }

    /// <summary>Appends values and their ends.</summary>
    public void Read(int count, PooledList<byte> bytes, PooledList<int> ends)
    {
        if (encoding == Encoding.Plain)
        {
            ReadPlain(count, bytes, ends);
            return;
        }

        for (; count > 0; count -= Block)
        {
            var block = lengthBlock.AsSpan(0, Math.Min(count, Block));
            lengths.Read(block);
            if (encoding == Encoding.DeltaByteArray) ReadShared(block, bytes, ends);
            else ReadRun(block, bytes, ends);
        }
    }

    private void ReadPlain(int count, PooledList<byte> bytes, PooledList<int> ends)
    {
        var source = page.AsSpan(0, end);
        if ((long)count * sizeof(int) > end - at) throw Ended();
        RequireRoom(bytes, end - at);

        // What is left of the page is room enough for all of its values.
        var target = bytes.Extend(end - at - (count * sizeof(int)));
        int start = bytes.Length - target.Length, written = 0;
        var targetEnds = ends.Extend(count);
        for (int i = 0; i < targetEnds.Length; i++)
        {
            if (source.Length - at < sizeof(int)) throw Ended();
            int length = BinaryPrimitives.ReadInt32LittleEndian(source[at..]);
            at += sizeof(int);
            if ((uint)length > (uint)(source.Length - at) || length > target.Length - written) throw Ended();
            CopyShort(source, at, target, written, length);
            at += length;
            written += length;
            targetEnds[i] = start + written;
        }

        bytes.Truncate(start + written);
    }

    private void ReadRun(ReadOnlySpan<int> block, PooledList<byte> bytes, PooledList<int> ends)
    {
        var targetEnds = ends.Extend(block.Length);
        long total = bytes.Length, limit = total + (end - at);
        RequireRoom(bytes, end - at);
        for (int i = 0; i < block.Length; i++)
        {
            total += block[i];
            if (block[i] < 0 || total > limit) throw Ended();
            targetEnds[i] = (int)total;
        }

        int length = (int)(total - bytes.Length);
        bytes.Append(page.AsSpan(at, length));
        at += length;
    }

    private void ReadShared(ReadOnlySpan<int> suffixes, PooledList<byte> bytes, PooledList<int> ends)
    {
        var shared = prefixBlock.AsSpan(0, suffixes.Length);
        prefixes.Read(shared);
        int start = -1;
        for (int i = 0; i < shared.Length; i++)
        {
            int prefix = shared[i], suffix = suffixes[i];
            if ((uint)prefix > (uint)previousLength || (uint)suffix > (uint)(end - at)) throw Ended();
            RequireRoom(bytes, (long)prefix + suffix);
            int from = bytes.Length;
            var value = bytes.Extend(prefix + suffix);

            // The value before is in the list, but for the first one of a block.
            if (start >= 0) bytes.Span.Slice(start, prefix).CopyTo(value);
            else previous.AsSpan(0, prefix).CopyTo(value);
            page.AsSpan(at, suffix).CopyTo(value[prefix..]);
            at += suffix;
            start = from;
            previousLength = value.Length;
            ends.Add(bytes.Length);
        }

        if (start < 0) return;
        if (previous.Length < previousLength) previous = new byte[Math.Max(previousLength, 2 * previous.Length)];
        bytes.Span.Slice(start, previousLength).CopyTo(previous);
    }

    /// <summary>Copies with one wide move where there is room on both sides; what it writes too much is overwritten or cut off.</summary>
    public static void CopyShort(ReadOnlySpan<byte> source, int from, Span<byte> target, int to, int length)
    {
        const int Wide = 16;
        if (length <= Wide && source.Length - from >= Wide && target.Length - to >= Wide)
        {
            Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)from).StoreUnsafe(ref MemoryMarshal.GetReference(target), (nuint)to);
        }
        else
        {
            source.Slice(from, length).CopyTo(target[to..]);
        }
    }

    public static void RequireRoom(PooledList<byte> bytes, long count)
    {
        if (bytes.Length + count > MaxBatchBytes) throw new ParquetDataException($"a batch holds more than {MaxBatchBytes:N0} bytes");
    }

    private static ParquetDataException Ended() => new("a page ends before its last value");
}
