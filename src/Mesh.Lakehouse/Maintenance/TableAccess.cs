using System.Collections.Concurrent;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Remembers when Mesh served reads of tables, by day. Recording costs a dictionary entry; <see cref="FlushAsync"/> writes what has gathered,
/// so that a busy table costs one row a day and one write a flush. Reads by engines that go to the files themselves are not seen.
/// </summary>
public sealed class TableAccess
{
    private const int KeptDays = 90;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE table_access (
            table_uuid TEXT NOT NULL,
            day INTEGER NOT NULL,
            reads INTEGER NOT NULL,
            files INTEGER NOT NULL,
            last_read_at INTEGER NOT NULL,
            PRIMARY KEY (table_uuid, day)) WITHOUT ROWID;
        """,
    ];

    private readonly MetadataDatabase database;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<Guid, Gathered> gathered = new();

    /// <param name="database">Where; the store creates its table.</param>
    /// <param name="time">Clock.</param>
    public TableAccess(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("table_access", Scripts);
    }

    /// <summary>A read of a table has begun.</summary>
    public void Read(Guid table) => Of(table).Add(1, 0, NowMs);

    /// <summary>A data file of a table has been opened.</summary>
    public void FileOpened(Guid table) => Of(table).Add(0, 1, NowMs);

    /// <summary>Writes what has gathered; what fails is kept for the next time.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        long now = NowMs;
        long day = DayOf(now);
        var taken = gathered.Select(pair => (Table: pair.Key, Counts: pair.Value.Take())).Where(item => item.Counts.Reads + item.Counts.Files > 0).ToList();
        if (taken.Count == 0) return;
        try
        {
            await database.WriteAsync(
                async transaction =>
                {
                    await transaction.ExecuteAsync(
                        """
                        INSERT INTO table_access (table_uuid, day, reads, files, last_read_at) VALUES (@table, @day, @reads, @files, @at)
                        ON CONFLICT (table_uuid, day) DO UPDATE SET reads = table_access.reads + excluded.reads, files = table_access.files + excluded.files,
                            last_read_at = excluded.last_read_at
                        """,
                        taken.Select(item => new { table = item.Table.ToString(), day, reads = item.Counts.Reads, files = item.Counts.Files, at = item.Counts.LastMs })).ConfigureAwait(false);
                    await transaction.ExecuteAsync("DELETE FROM table_access WHERE day < @first", new { first = day - KeptDays }).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            foreach (var (table, counts) in taken) Of(table).Add(counts.Reads, counts.Files, counts.LastMs);
            throw;
        }
    }

    /// <summary>Reads of all tables since a time, by the table's UUID; what has not been flushed is not in it.</summary>
    public async ValueTask<IReadOnlyDictionary<Guid, TableReads>> ListAsync(DateTimeOffset since, CancellationToken cancellationToken) => await database.ReadAsync(
        async session => (await session.QueryAsync<Row>(
            "SELECT table_uuid Uuid, SUM(CASE WHEN day >= @day THEN reads ELSE 0 END) Reads, SUM(CASE WHEN day >= @day THEN files ELSE 0 END) Files, MAX(last_read_at) LastReadAt FROM table_access GROUP BY table_uuid",
            new { day = DayOf(since.ToUnixTimeMilliseconds()) }).ConfigureAwait(false))
            .ToDictionary(row => Guid.Parse(row.Uuid), row => new TableReads(row.Reads, row.Files, DateTimeOffset.FromUnixTimeMilliseconds(row.LastReadAt))),
        cancellationToken).ConfigureAwait(false);

    /// <summary>Reads of one table by day, oldest first, as far back as they are kept; what has not been flushed is not in it. Days without reads are left out.</summary>
    public async ValueTask<IReadOnlyList<TableReadsOfDay>> ListDaysAsync(Guid table, CancellationToken cancellationToken) => await database.ReadAsync<IReadOnlyList<TableReadsOfDay>>(
        async session => [.. (await session.QueryAsync<DayRow>(
            "SELECT day AS Day, reads Reads, files Files FROM table_access WHERE table_uuid = @table ORDER BY day", new { table = table.ToString() }).ConfigureAwait(false))
            .Select(row => new TableReadsOfDay(DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(row.Day)), row.Reads, row.Files))],
        cancellationToken).ConfigureAwait(false);

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long DayOf(long milliseconds) => milliseconds / (24 * 60 * 60 * 1000);

    private Gathered Of(Guid table) => gathered.GetOrAdd(table, static _ => new Gathered());

    private sealed class Row
    {
        public string Uuid { get; init; } = "";
        public long Reads { get; init; }
        public long Files { get; init; }
        public long LastReadAt { get; init; }
    }

    private sealed class DayRow
    {
        public long Day { get; init; }
        public long Reads { get; init; }
        public long Files { get; init; }
    }

    private sealed class Gathered
    {
        private readonly Lock gate = new();
        private long reads;
        private long files;
        private long lastMs;

        public void Add(long moreReads, long moreFiles, long atMs)
        {
            lock (gate)
            {
                reads += moreReads;
                files += moreFiles;
                lastMs = Math.Max(lastMs, atMs);
            }
        }

        public (long Reads, long Files, long LastMs) Take()
        {
            lock (gate)
            {
                var taken = (reads, files, lastMs);
                (reads, files) = (0, 0);
                return taken;
            }
        }
    }
}
