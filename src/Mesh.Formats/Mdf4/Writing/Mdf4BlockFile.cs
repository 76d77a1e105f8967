using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>
/// An MDF 4 file being written: blocks are appended at multiples of eight bytes, links are patched once their target is known. Small blocks
/// wait in memory until a data block or the end comes; their addresses are known at once.
/// </summary>
internal sealed class Mdf4BlockFile(Stream stream, Mdf4WriterOptions options) : IAsyncDisposable
{
    /// <summary>Bytes of a block's header: id, length, number of links.</summary>
    public const int HeaderBytes = 24;

    private readonly Queue<Mdf4DataBlock> underWay = [];
    private readonly List<(long Position, byte[] Bytes)> patches = [];
    private readonly Dictionary<string, long> shared = [];
    private readonly byte[] eight = new byte[8];
    private byte[] pending = new byte[16 << 10];
    private int pendingLength;
    private long end;
    private long streamPosition;
    private long underWayBytes;

    /// <summary>Bytes of the blocks being filled.</summary>
    public long BufferedBytes { get; set; }

    public Mdf4WriterOptions Options => options;

    /// <summary>Where the next block will lie.</summary>
    public long Position => end + pendingLength;

    /// <summary>Appends bytes without a header; for the identification block.</summary>
    public long AddRaw(ReadOnlySpan<byte> bytes)
    {
        long position = Position;
        bytes.CopyTo(Reserve(bytes.Length));
        return position;
    }

    /// <summary>Appends a block; returns its address.</summary>
    public long Add(string id, ReadOnlySpan<long> links, ReadOnlySpan<byte> data)
    {
        long position = Position;
        Write(Reserve(HeaderBytes + (links.Length * 8) + data.Length), id, links, data);
        return position;
    }

    /// <summary>Appends a block unless an equal one is in the file already: texts, comments, sources, conversions.</summary>
    public long Share(string id, ReadOnlySpan<long> links, ReadOnlySpan<byte> data)
    {
        byte[] bytes = new byte[HeaderBytes + (links.Length * 8) + data.Length];
        Write(bytes, id, links, data);
        string key = Encoding.Latin1.GetString(bytes);
        if (shared.TryGetValue(key, out long position)) return position;
        position = AddRaw(bytes);
        shared.Add(key, position);
        return position;
    }

    /// <summary>Appends a text block; 0 (no link) for an empty text.</summary>
    public long AddText(string text) => text.Length == 0 ? 0 : Share("TX", [], Terminated(text));

    /// <summary>Appends a block of XML metadata.</summary>
    public long AddXml(string xml) => Share("MD", [], Terminated(xml));

    /// <summary>Sets a link or another 64-bit value of a block written before.</summary>
    public void Patch(long position, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        Patch(position, eight);
    }

    /// <summary>Overwrites bytes of a block written before.</summary>
    public void Patch(long position, ReadOnlySpan<byte> bytes)
    {
        if (position >= end) bytes.CopyTo(pending.AsSpan((int)(position - end)));
        else patches.Add((position, bytes.ToArray()));
    }

    /// <summary>Sets link <paramref name="index"/> of the block at <paramref name="block"/>.</summary>
    public void PatchLink(long block, int index, long target) => Patch(block + HeaderBytes + (index * 8L), (ulong)target);

    /// <summary>Compresses a data block and writes it in its turn.</summary>
    public async ValueTask EnqueueAsync(Mdf4DataBlock block, CancellationToken cancellationToken)
    {
        if (options.Parallelism <= 1 || options.Compression == Mdf4Compression.None)
        {
            block.Pack(options);
            await WriteAsync(block, cancellationToken).ConfigureAwait(false);
            return;
        }

        // A block larger than the budget passes alone.
        long budget = options.MaxBufferedBytes / 2;
        while (underWay.Count > 0 && (underWay.Count > options.Parallelism || underWayBytes + block.Cost > budget))
        {
            await WriteOldestAsync(cancellationToken).ConfigureAwait(false);
        }

        // CPU-bound work; the pool's threads are what it is for.
        block.Work = Task.Run(() => block.Pack(options), CancellationToken.None);
        underWayBytes += block.Cost;
        underWay.Enqueue(block);
    }

    /// <summary>Writes all that waits.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (underWay.Count > 0) await WriteOldestAsync(cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the small blocks and the patches.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (pendingLength > 0)
        {
            int length = pendingLength;
            await WriteAtAsync(end, pending.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            end += length;
            pendingLength = 0;
        }

        foreach (var (position, bytes) in patches) await WriteAtAsync(position, bytes, cancellationToken).ConfigureAwait(false);
        patches.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        while (underWay.TryDequeue(out var block))
        {
            await block.Work!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            block.Release();
        }
    }

    /// <summary>Header, links and data of a block.</summary>
    public static void Write(Span<byte> target, string id, ReadOnlySpan<long> links, ReadOnlySpan<byte> data)
    {
        WriteHeader(target, id, HeaderBytes + (links.Length * 8L) + data.Length, links.Length);
        for (int i = 0; i < links.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(target[(HeaderBytes + (i * 8))..], links[i]);
        data.CopyTo(target[(HeaderBytes + (links.Length * 8))..]);
    }

    public static void WriteHeader(Span<byte> target, string id, long length, int links)
    {
        target[0] = target[1] = (byte)'#';
        target[2] = (byte)id[0];
        target[3] = (byte)id[1];
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], length);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], links);
    }

    private static byte[] Terminated(string text)
    {
        // The terminator ends the text for every reader, so one inside would hide the rest.
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        bytes.AsSpan(0, bytes.Length - 1).Replace((byte)0, (byte)' ');
        return bytes;
    }

    private Span<byte> Reserve(int length)
    {
        int padded = checked(length + 7) & ~7;
        if (pending.Length - pendingLength < padded) Array.Resize(ref pending, Math.Max(pending.Length * 2, checked(pendingLength + padded)));
        var span = pending.AsSpan(pendingLength, padded);
        span[length..].Clear();
        pendingLength += padded;
        return span[..length];
    }

    private async ValueTask WriteOldestAsync(CancellationToken cancellationToken)
    {
        var block = underWay.Peek();
        await block.Work!.WaitAsync(cancellationToken).ConfigureAwait(false);
        underWay.Dequeue();
        underWayBytes -= block.Cost;
        await WriteAsync(block, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(Mdf4DataBlock block, CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            long position = end;
            await WriteAtAsync(position, block.Stored, cancellationToken).ConfigureAwait(false);
            end += block.Stored.Length;
            block.List.Add(position, block.DataBytes);

            // The links follow their block at once: a file that is never completed can then be read up to here.
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            block.Release();
        }
    }

    private async ValueTask WriteAtAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (position != streamPosition) stream.Position = position;
        streamPosition = -1;
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        streamPosition = position + bytes.Length;
    }
}
