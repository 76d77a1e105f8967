using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads byte strings in plain, delta-length and delta encoding (Encodings.md, "PLAIN", "Delta-length byte array", "Delta Strings").</summary>
internal sealed class ByteArrayDecoder
{
    /// <summary>A dictionary or shared beginnings make gigabytes out of a few bytes; a batch this large is nobody's data.</summary>
    public const int MaxBatchBytes = 1 << 30;
    private const int Block = 1024;

    /// <summary>Bytes moved at once. Targets have as much room behind the last value.</summary>
    public const int Wide = 32;

    /// <summary>Longer values are copied by the library.</summary>
    private const int LongBytes = 256;

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

    /// <summary>Appends values and where they end in all of <paramref name="bytes"/>.</summary>
    public void Read(int count, VectorBuffer<byte> bytes, VectorBuffer<int> ends)
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

    /// <summary>Copies a value in wide moves, which may write up to <see cref="Wide"/> - 1 bytes too much.</summary>
    /// <param name="source">The value; as many bytes behind it can be read.</param>
    /// <param name="target">Its place; as many bytes behind it can be written.</param>
    /// <param name="length">Bytes of the value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyWide(ref byte source, ref byte target, int length)
    {
        if (length > LongBytes)
        {
            MemoryMarshal.CreateReadOnlySpan(ref source, length).CopyTo(MemoryMarshal.CreateSpan(ref target, length));
            return;
        }

        nuint at = 0;
        do
        {
            Vector256.LoadUnsafe(ref source, at).StoreUnsafe(ref target, at);
            at += Wide;
        }
        while (at < (nuint)length);
    }

    /// <exception cref="ParquetDataException">A batch may not have so many bytes.</exception>
    public static void RequireRoom(long bytes)
    {
        if (bytes > MaxBatchBytes) throw new ParquetDataException($"a batch holds more than {MaxBatchBytes:N0} bytes");
    }

    private void ReadPlain(int count, VectorBuffer<byte> bytes, VectorBuffer<int> ends)
    {
        if ((long)count * sizeof(int) > end - at) throw Ended();
        RequireRoom((long)bytes.Length + end - at);
        var targetEnds = ends.Extend(count);
        ref byte source = ref MemoryMarshal.GetArrayDataReference(page);
        ref byte target = ref bytes.First;
        int next = at, written = bytes.Length, capacity = bytes.Capacity;
        for (int i = 0; i < targetEnds.Length; i++)
        {
            if (end - next < sizeof(int)) throw Ended();
            int length = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref source, next));
            next += sizeof(int);
            if ((uint)length > (uint)(end - next)) throw Ended();
            if (capacity - written < length + Wide)
            {
                bytes.SetLength(written);
                bytes.Reserve(length + Wide);
                target = ref bytes.First;
                capacity = bytes.Capacity;
            }

            // Behind the last values of a page there may be nothing to read.
            if (next <= page.Length - length - Wide) CopyWide(ref Unsafe.Add(ref source, next), ref Unsafe.Add(ref target, written), length);
            else page.AsSpan(next, length).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, written), length));
            next += length;
            written += length;
            targetEnds[i] = written;
        }

        at = next;
        bytes.SetLength(written);
    }

    private void ReadRun(ReadOnlySpan<int> block, VectorBuffer<byte> bytes, VectorBuffer<int> ends)
    {
        var targetEnds = ends.Extend(block.Length);
        long total = bytes.Length, limit = total + (end - at);
        RequireRoom(limit);
        for (int i = 0; i < block.Length; i++)
        {
            total += block[i];
            if (block[i] < 0 || total > limit) throw Ended();
            targetEnds[i] = (int)total;
        }

        int length = (int)(total - bytes.Length);
        page.AsSpan(at, length).CopyTo(bytes.Extend(length));
        at += length;
    }

    private void ReadShared(ReadOnlySpan<int> suffixes, VectorBuffer<byte> bytes, VectorBuffer<int> ends)
    {
        var shared = prefixBlock.AsSpan(0, suffixes.Length);
        prefixes.Read(shared);
        var targetEnds = ends.Extend(shared.Length);
        int start = -1;
        for (int i = 0; i < shared.Length; i++)
        {
            int prefix = shared[i], suffix = suffixes[i];
            if ((uint)prefix > (uint)previousLength || (uint)suffix > (uint)(end - at)) throw Ended();
            RequireRoom((long)bytes.Length + prefix + suffix);
            int from = bytes.Length;
            var value = bytes.Extend(prefix + suffix);

            // The value before is in the list, but for the first one of a block.
            if (start >= 0) bytes.Span.Slice(start, prefix).CopyTo(value);
            else previous.AsSpan(0, prefix).CopyTo(value);
            page.AsSpan(at, suffix).CopyTo(value[prefix..]);
            at += suffix;
            start = from;
            previousLength = value.Length;
            targetEnds[i] = bytes.Length;
        }

        if (start < 0) return;
        if (previous.Length < previousLength) previous = new byte[Math.Max(previousLength, 2 * previous.Length)];
        bytes.Span.Slice(start, previousLength).CopyTo(previous);
    }

    private static ParquetDataException Ended() => new("a page ends before its last value");
}
