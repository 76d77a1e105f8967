using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Reads a bag's records in file order, or only the chunks of a plan, and makes blocks of them: a compressed chunk with its stored bytes, an
/// uncompressed one, a piece of a large one, a run of records outside chunks. Needs no index. Not thread-safe; the blocks' own work is
/// <see cref="Work"/>, for any thread.
/// </summary>
internal sealed partial class Ros1BagWalker : IDisposable
{
    private const int WindowBytes = 64 << 10;
    private const int MinPieceBytes = 4 << 10;
    private const int FirstPieceBytes = 64 << 10;
    private const int MaxPieceBytes = 4 << 20;
    private const long LargestLimit = 2_000_000_000;

    private readonly IByteSource source;
    private readonly Ros1BagFileHeader header;
    private readonly SourceWindow window;
    private readonly long maxMessageBytes;
    private readonly long maxBlockBytes;
    private readonly long maxFreeBytes;
    private readonly Stack<Ros1BagBlock> free = [];
    private readonly byte[] probe = new byte[Ros1BagResync.MaxProbeBytes];
    private long freeBytes;
    private int pieceBytes = FirstPieceBytes;

    // The uncompressed chunk that is read in pieces; none when its end is negative.
    private long regionChunk = -1;
    private long regionEnd = -1;

    // Where an uncompressed chunk ends whose records are read as if they were outside chunks, because the length may be wrong.
    private long doubtfulEnd = -1;
    private long previousData = -1;
    private long indexConnections;
    private long indexChunks;
    private bool isCut;
    private bool isDamaged;
    private long triedBytes;
    private bool ended;

    private long[]? plan;
    private int planned;
    private long doneUpTo;

    public Ros1BagWalker(IByteSource source, RecordingReaderOptions options, Ros1BagFileHeader header)
    {
        this.source = source;
        this.header = header;
        window = new SourceWindow(source, header.Position, source.Length, WindowBytes);
        maxMessageBytes = Math.Min(options.MaxMessageBytes, LargestLimit);
        maxBlockBytes = Math.Min(options.MaxBlockBytes, LargestLimit);
        maxFreeBytes = options.MaxBufferedBytes / 2;
        doneUpTo = header.Position;
    }

    /// <summary>Sees the index records that reading passes over, whole; null to pass over them unread.</summary>
    public Action<Ros1BagRecord, ReadOnlyMemory<byte>, long>? IndexRecord { get; set; }

    /// <summary>Goes to these chunks only.</summary>
    /// <param name="chunkPositions">Positions of chunk records, ascending.</param>
    public void Follow(long[] chunkPositions) => plan = chunkPositions;

    /// <summary>The next block; null at the end. Its work is still to be done.</summary>
    public async ValueTask<Ros1BagBlock?> ReadAsync(CancellationToken cancellationToken)
    {
        if (ended) return null;
        var block = Rent();
        while (!ended)
        {
            if (await StepAsync(block, cancellationToken).ConfigureAwait(false)) return block;
        }

        if (block.Losses.Count > 0) return block;
        Return(block);
        return null;
    }

    /// <summary>Decompresses a block and lists its messages.</summary>
    public void Work(Ros1BagBlock block)
    {
        if (!block.IsPending) return;
        block.IsPending = false;
        if (block.Compression == Ros1BagCompression.None || Ros1BagChunk.TryDecompress(block))
        {
            Ros1BagMessageLister.ListWhole(block, maxMessageBytes, isCut: false);
            return;
        }

        // What a bz2 block's own CRC vouches for is kept. An lz4 frame has one checksum: which of its messages is wrong cannot be told.
        int kept = block.Compression == Ros1BagCompression.Bz2 ? ListPrefix(block) : Drop(block);
        block.AddLoss(Ros1BagLosses.ChunkDecompression, block.ChunkPosition, Math.Max(0, block.ClaimedBytes - kept),
            string.Create(CultureInfo.InvariantCulture, $"{block.ClaimedBytes:N0} bytes compressed with {block.Compression}"), "damaged data");
    }

    /// <summary>Takes back a block.</summary>
    public void Return(Ros1BagBlock block)
    {
        if (freeBytes + block.HeldBytes > maxFreeBytes)
        {
            block.Release();
            return;
        }

        freeBytes += block.HeldBytes;
        free.Push(block);
    }

    public void Dispose()
    {
        ended = true;
        window.Dispose();
        while (free.TryPop(out var block)) block.Release();
    }

    private Ros1BagBlock Rent()
    {
        if (!free.TryPop(out var block)) block = new Ros1BagBlock();
        else freeBytes -= block.HeldBytes;
        block.Clear();
        block.EndPosition = window.Position;
        return block;
    }

    /// <summary>Takes the next record or piece.</summary>
    /// <returns>Whether the block is ready to be handed out.</returns>
    private async ValueTask<bool> StepAsync(Ros1BagBlock block, CancellationToken cancellationToken)
    {
        if (regionEnd >= 0)
        {
            if (window.Position < regionEnd) return await ReadPieceAsync(block, regionEnd, regionChunk, cancellationToken).ConfigureAwait(false);
            regionEnd = -1;
            if (plan is not null) doneUpTo = window.Position;
        }

        if (plan is not null) return await StepToPlannedAsync(block, cancellationToken).ConfigureAwait(false);
        if (window.Remaining == 0)
        {
            End(block);
            return false;
        }

        var (parse, record) = await PeekAsync(cancellationToken).ConfigureAwait(false);
        bool isRecord = parse == Ros1BagParse.Record;
        switch (isRecord ? record.Op : Ros1BagOp.Unknown)
        {
            case Ros1BagOp.Chunk:
                previousData = -1;
                return await ReadChunkAsync(block, record, cancellationToken).ConfigureAwait(false);
            case Ros1BagOp.Message or Ros1BagOp.Connection:
                previousData = -1;
                bool ready = await ReadPieceAsync(block, source.Length, -1, cancellationToken).ConfigureAwait(false);
                indexConnections += block.Definitions.Count;
                return ready;
            case Ros1BagOp.Unknown when !isRecord || record.TotalBytes > window.Remaining:
            case not Ros1BagOp.Unknown when record.TotalBytes > window.Remaining:
                await RecoverAsync(block, parse != Ros1BagParse.NotARecord, cancellationToken).ConfigureAwait(false);
                return false;
            case Ros1BagOp.Unknown:
                block.AddLoss(Ros1BagLosses.MalformedRecord, window.Position, record.TotalBytes, "a record of a known kind with its fields", "another");
                break;
            case Ros1BagOp.ChunkInfo:
                indexChunks++;
                break;
        }

        await PassAsync(record, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async ValueTask PassAsync(Ros1BagRecord record, CancellationToken cancellationToken)
    {
        if (IndexRecord is not null && record.TotalBytes <= maxBlockBytes && await window.EnsureAsync((int)record.TotalBytes, cancellationToken).ConfigureAwait(false))
        {
            IndexRecord(record, window.Buffer.Slice(window.Start, (int)record.TotalBytes), window.Position);
        }

        previousData = window.Position + record.DataOffset;
        window.Seek(window.Position + record.TotalBytes);
    }

    /// <summary>Goes to the next chunk of the plan. Where the index was wrong the plan is given up, and reading goes on where it stood.</summary>
    private async ValueTask<bool> StepToPlannedAsync(Ros1BagBlock block, CancellationToken cancellationToken)
    {
        if (planned == plan!.Length)
        {
            ended = true;
            return false;
        }

        long position = plan[planned++];
        window.Seek(position);
        var (parse, record) = await PeekAsync(cancellationToken).ConfigureAwait(false);
        if (parse != Ros1BagParse.Record || record.Op != Ros1BagOp.Chunk || record.TotalBytes > window.Remaining)
        {
            block.AddLoss(Ros1BagLosses.Index, position, 0, "a chunk, as the index says", "something else: the rest is read without the index");
            plan = null;
            window.Seek(doneUpTo);
            return false;
        }

        bool ready = await ReadChunkAsync(block, record, cancellationToken).ConfigureAwait(false);
        if (regionEnd < 0) doneUpTo = window.Position;
        if (doubtfulEnd >= 0) plan = null;
        return ready;
    }

    /// <summary>Says what is missing at the end of a file in which nothing was found to be damaged.</summary>
    private void End(Ros1BagBlock block)
    {
        ended = true;
        long length = source.Length;
        if (isDamaged) return;
        if (!header.IsKnown)
        {
            block.AddLoss(Ros1BagLosses.Truncated, length, 0, "a bag header", "the end of the file");
        }
        else if (isCut)
        {
            block.AddLoss(Ros1BagLosses.Truncated, length, 0, "the rest of a chunk", "the end of the file between two of its records");
        }
        else if (header.IndexPosition == 0)
        {
            block.AddLoss(Ros1BagLosses.Truncated, length, 0, "an index, which closing a recording writes", "the end of the file: the recording was not closed");
        }
        else if (header.IndexPosition >= length && header.ChunkCount + (long)header.ConnectionCount > 0)
        {
            block.AddLoss(Ros1BagLosses.Truncated, length, 0,
                string.Create(CultureInfo.InvariantCulture, $"the index at byte {header.IndexPosition:N0}"), "the end of the file");
        }
        else if (indexChunks < header.ChunkCount || indexConnections < header.ConnectionCount)
        {
            block.AddLoss(Ros1BagLosses.Index, length, 0,
                string.Create(CultureInfo.InvariantCulture, $"an index of {header.ConnectionCount} connections and {header.ChunkCount} chunks"),
                string.Create(CultureInfo.InvariantCulture, $"{indexConnections} and {indexChunks}"));
        }
    }

    private async ValueTask<(Ros1BagParse Parse, Ros1BagRecord Record)> PeekAsync(CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(window.Remaining, 512);
        while (true)
        {
            bool hasAll = await window.EnsureAsync(wanted, cancellationToken).ConfigureAwait(false);
            var parse = Ros1BagRecord.TryParse(window.Span, out var record);
            if (parse != Ros1BagParse.NeedMoreBytes || !hasAll || wanted == window.Remaining) return (parse, record);
            wanted = (int)Math.Min(window.Remaining, Math.Max(wanted * 2L, window.Span.Length + 1L));
        }
    }

    /// <summary>Fills a buffer from the window's position on, first with what the window has.</summary>
    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int held = Math.Min(window.Span.Length, buffer.Length);
        window.Span[..held].CopyTo(buffer.Span);
        if (held == buffer.Length) return held;
        return held + await source.ReadAtAsync(window.Position + held, buffer[held..], cancellationToken).ConfigureAwait(false);
    }
}
