using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>
/// A write-ahead log beside a database (SQLite file format, 4): pages of frames up to the last commit whose checksums hold replace those of
/// the database. Nothing is written: the log is laid over the database while reading.
/// </summary>
internal sealed class SqliteWal : IAsyncDisposable
{
    public const string Damaged = "MESH10455";

    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const uint Magic = 0x377F0682;
    private const uint Version = 3007000;
    private const int ReadBytes = 1 << 20;

    private readonly Dictionary<uint, long> frames;
    private readonly IByteSource source;

    private SqliteWal(IByteSource source, Dictionary<uint, long> frames, uint pageCount, long committedFrames, long laterFrames)
    {
        this.source = source;
        this.frames = frames;
        PageCount = pageCount;
        CommittedFrames = committedFrames;
        LaterFrames = laterFrames;
        Extents = new ByteExtents(source);
    }

    /// <summary>Bytes of the log.</summary>
    public ByteExtents Extents { get; }

    /// <summary>Pages of the database after the last commit.</summary>
    public uint PageCount { get; }

    /// <summary>Frames up to the last commit.</summary>
    public long CommittedFrames { get; }

    /// <summary>Sound frames of a transaction that was never committed: they do not count.</summary>
    public long LaterFrames { get; }

    /// <summary>Distinct pages that are taken from the log.</summary>
    public int Pages => frames.Count;

    /// <summary>Reads the log's frames once. Disposes <paramref name="source"/> when there is nothing in it to use.</summary>
    /// <returns>Null when the log holds no committed page for this page size.</returns>
    public static async ValueTask<SqliteWal?> OpenAsync(IByteSource source, int pageSize, LossList losses, CancellationToken cancellationToken)
    {
        SqliteWal? wal = null;
        try
        {
            using var window = new SourceWindow(source, 0, source.Length, ReadBytes);
            if (await window.EnsureAsync(HeaderBytes, cancellationToken).ConfigureAwait(false)) wal = await ScanAsync(source, window, pageSize, losses, cancellationToken).ConfigureAwait(false);
            return wal;
        }
        finally
        {
            if (wal is null) await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Where in the log the page's newest committed content is.</summary>
    public bool TryLocate(uint page, out long offset) => frames.TryGetValue(page, out offset);

    /// <summary>How many of the pages behind <paramref name="after"/>, up to <paramref name="last"/>, the log has.</summary>
    public long CountBetween(uint after, uint last)
    {
        long count = 0;
        foreach (uint page in frames.Keys)
        {
            if (page > after && page <= last) count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Extents.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }

    private static async ValueTask<SqliteWal?> ScanAsync(IByteSource source, SourceWindow window, int pageSize, LossList losses, CancellationToken cancellationToken)
    {
        if (!TryHeader(window.Span, pageSize, out var state, out string found))
        {
            // An empty log is left behind by a checkpoint that truncated nothing; anything else should have been one.
            if (source.Length > HeaderBytes) losses.Add(Damaged, 0, source.Length, "the header of the database's write-ahead log", found);
            return null;
        }

        window.Advance(HeaderBytes);
        var committed = new Dictionary<uint, long>();
        var open = new Dictionary<uint, long>();
        uint pageCount = 0;
        long committedFrames = 0, openFrames = 0;
        while (await window.EnsureAsync(FrameHeaderBytes + pageSize, cancellationToken).ConfigureAwait(false))
        {
            var frame = window.Span[..(FrameHeaderBytes + pageSize)];
            if (!state.Accepts(frame)) break;
            uint page = BinaryPrimitives.ReadUInt32BigEndian(frame);
            uint size = BinaryPrimitives.ReadUInt32BigEndian(frame[4..]);
            open[page] = window.Position + FrameHeaderBytes;
            openFrames++;
            if (size != 0)
            {
                foreach (var (number, at) in open) committed[number] = at;
                open.Clear();
                committedFrames += openFrames;
                openFrames = 0;
                pageCount = size;
            }

            window.Advance(FrameHeaderBytes + pageSize);
        }

        await ReportLostCommitsAsync(window, pageSize, state, losses, cancellationToken).ConfigureAwait(false);
        return committedFrames == 0 ? null : new SqliteWal(source, committed, pageCount, committedFrames, openFrames);
    }

    // Frames of an earlier round of the log have other salts and are no loss, nor is a transaction torn before its commit. A commit of this
    // round behind a frame that does not hold is one.
    private static async ValueTask ReportLostCommitsAsync(SourceWindow window, int pageSize, WalState state, LossList losses, CancellationToken cancellationToken)
    {
        long start = window.Position, lostEnd = 0;
        while (await window.EnsureAsync(FrameHeaderBytes + pageSize, cancellationToken).ConfigureAwait(false))
        {
            bool isCommit = BinaryPrimitives.ReadUInt32BigEndian(window.Span[4..]) != 0;
            window.Advance(FrameHeaderBytes + pageSize);
            if (isCommit && state.HasSalts(window.Buffer.Span.Slice(window.Start - FrameHeaderBytes - pageSize, FrameHeaderBytes))) lostEnd = window.Position;
        }

        if (lostEnd == 0) return;
        losses.Add(Damaged, start, lostEnd - start, "a frame of the write-ahead log whose checksum holds",
            string.Create(CultureInfo.InvariantCulture, $"one that does not, before {(lostEnd - start) / (FrameHeaderBytes + pageSize)} frames that end in a commit"));
    }

    private static bool TryHeader(ReadOnlySpan<byte> header, int pageSize, out WalState state, out string found)
    {
        state = default;
        found = "";
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if ((magic & ~1u) != Magic) found = "another magic number";
        else if (BinaryPrimitives.ReadUInt32BigEndian(header[4..]) != Version) found = "an unknown version";
        else if (BinaryPrimitives.ReadUInt32BigEndian(header[8..]) != pageSize) found = "another page size than the database's";
        if (found.Length > 0) return false;

        state = new WalState((magic & 1) != 0, BinaryPrimitives.ReadUInt64BigEndian(header[16..]));
        state.Add(header[..24]);
        if (state.Equals(header[24..])) return true;
        found = "a checksum that does not hold";
        return false;
    }

    /// <summary>The running checksum (file format, 4.2).</summary>
    private struct WalState(bool isBigEndian, ulong salts)
    {
        private uint first;
        private uint second;

        public readonly bool HasSalts(ReadOnlySpan<byte> frame) =>
            BinaryPrimitives.ReadUInt32BigEndian(frame) != 0 && BinaryPrimitives.ReadUInt64BigEndian(frame[8..]) == salts;

        public bool Accepts(ReadOnlySpan<byte> frame)
        {
            if (!HasSalts(frame)) return false;
            var before = this;
            Add(frame[..8]);
            Add(frame[FrameHeaderBytes..]);
            if (Equals(frame[16..])) return true;
            this = before;
            return false;
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            uint s0 = first, s1 = second;
            for (int i = 0; i + 8 <= bytes.Length; i += 8)
            {
                uint x0 = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]);
                uint x1 = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(i + 4)..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 4)..]);
                s0 += x0 + s1;
                s1 += x1 + s0;
            }

            first = s0;
            second = s1;
        }

        public readonly bool Equals(ReadOnlySpan<byte> checksum) =>
            BinaryPrimitives.ReadUInt32BigEndian(checksum) == first && BinaryPrimitives.ReadUInt32BigEndian(checksum[4..]) == second;
    }
}
