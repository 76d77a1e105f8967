using System.Globalization;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>Pages of a database, those of its write-ahead log first.</summary>
internal sealed class SqlitePager : IAsyncDisposable
{
    public const string Truncated = "MESH10452";
    public const string HeaderDamaged = "MESH10453";
    private const int HeadBytes = 65536 + 1;
    private const long LockByte = 1L << 30;

    private readonly IByteSource source;
    private readonly ByteExtents extents;

    private SqlitePager(IByteSource source, SqliteHeader header, SqliteWal? wal)
    {
        this.source = source;
        Header = header;
        Wal = wal;
        extents = new ByteExtents(source);
        long inFile = (source.Length + header.PageSize - 1) / header.PageSize;
        PageCount = (uint)Math.Min(Math.Max(inFile, wal?.PageCount ?? 0), uint.MaxValue - 1);
        ExpectedPages = wal?.PageCount ?? header.PageCount;
    }

    /// <summary>The database header.</summary>
    public SqliteHeader Header { get; }

    /// <summary>The write-ahead log; null when there is none to use.</summary>
    public SqliteWal? Wal { get; }

    /// <summary>Highest page number there can be.</summary>
    public uint PageCount { get; }

    /// <summary>Pages there should be; 0 when nothing says.</summary>
    public uint ExpectedPages { get; }

    /// <summary>Bytes read of the database file.</summary>
    public long BytesRead => extents.BytesRead;

    /// <summary>Opens a database. Owns both sources, also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10450</c>: the file is shorter than a database's header.</exception>
    public static async ValueTask<SqlitePager> OpenAsync(IByteSource source, Func<CancellationToken, ValueTask<IByteSource?>> openWal, LossList losses, CancellationToken cancellationToken)
    {
        try
        {
            byte[] head = new byte[Math.Min(HeadBytes, source.Length)];
            int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
            if (filled < SqliteHeader.Bytes)
            {
                throw new RecordingFormatException("MESH10450", $"'{source.Name}' ends within the header of an SQLite database. Copy it again from where it was recorded.");
            }

            var header = SqliteHeader.Read(head.AsSpan(0, filled), source.Length);
            if (header.Damage is { } damage) losses.Add(HeaderDamaged, 16, 0, "a valid database header", damage);
            SqliteWal? wal = null;
            if (await openWal(cancellationToken).ConfigureAwait(false) is { } log) wal = await SqliteWal.OpenAsync(log, header.PageSize, losses, cancellationToken).ConfigureAwait(false);
            return new SqlitePager(source, header, wal);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Adds a loss when pages are missing at the end.</summary>
    public void ReportTruncation(LossList losses)
    {
        long present = source.Length;
        uint whole = (uint)(present / Header.PageSize);
        if (whole >= ExpectedPages) return;
        long missing = (ExpectedPages - (long)whole) * Header.PageSize - (present % Header.PageSize);
        if (Wal is not null)
        {
            // The page of the lock byte is in no log.
            uint lockPage = (uint)(LockByte / Header.PageSize) + 1;
            long pages = ExpectedPages - (long)whole - Wal.CountBetween(whole, ExpectedPages) - (lockPage > whole && lockPage <= ExpectedPages ? 1 : 0);
            if (pages <= 0) return;
            missing = pages * Header.PageSize;
        }

        losses.Add(Truncated, present, missing,
            string.Create(CultureInfo.InvariantCulture, $"{ExpectedPages:N0} pages of {Header.PageSize:N0} bytes"), "the end of the file");
    }

    /// <summary>Byte position of a page in the database file.</summary>
    public long OffsetOf(uint page) => (page - 1L) * Header.PageSize;

    /// <summary>
    /// A page in memory, or what there is of it where the file is cut; empty beyond the end. Valid until the next <see cref="LoadAsync"/>.
    /// </summary>
    public bool TryGet(uint page, out ReadOnlySpan<byte> bytes)
    {
        if (Wal is not null && Wal.TryLocate(page, out long at)) return Wal.Extents.TryGet(at, Header.PageSize, out bytes);
        long offset = OffsetOf(page);
        int count = (int)Math.Clamp(source.Length - offset, 0, Header.PageSize);
        if (count > 0) return extents.TryGet(offset, count, out bytes);
        bytes = default;
        return true;
    }

    /// <summary>Brings a page into memory, so that <see cref="TryGet"/> succeeds.</summary>
    public async ValueTask LoadAsync(uint page, CancellationToken cancellationToken)
    {
        long offset = OffsetOf(page);
        bool loaded = Wal is not null && Wal.TryLocate(page, out long at)
            ? await Wal.Extents.LoadAsync(at, Header.PageSize, cancellationToken).ConfigureAwait(false)
            : offset >= source.Length
                || await extents.LoadAsync(offset, (int)Math.Min(source.Length - offset, Header.PageSize), cancellationToken).ConfigureAwait(false);

        // The source's length is a promise (IByteSource); a file that shrinks while it is read is not damage to report but a failure.
        if (!loaded) throw new IOException($"'{source.Name}' became shorter while it was read.");
    }

    /// <summary>Whether a page is in the file or the log as a whole.</summary>
    public bool IsWhole(uint page) => (Wal is not null && Wal.TryLocate(page, out _)) || OffsetOf(page) + Header.PageSize <= source.Length;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await extents.DisposeAsync().ConfigureAwait(false);
        if (Wal is not null) await Wal.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
