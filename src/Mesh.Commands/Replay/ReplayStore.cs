using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Commands.Replay;

/// <summary>Replays and their items, in the metadata database. Times are microseconds since 1970.</summary>
public sealed class ReplayStore
{
    private const int ShortestPrefix = 2;

    private const string Columns =
        """
        SELECT id, kind, topology, topology_version, state, created_at, changed_at, description, bytes_per_second, parallelism, worked_ms,
            (SELECT count(*) FROM replay_items i WHERE i.replay_id = r.id) AS total,
            (SELECT count(*) FROM replay_items i WHERE i.replay_id = r.id AND i.state = 1) AS done,
            (SELECT count(*) FROM replay_items i WHERE i.replay_id = r.id AND i.state = 2) AS failed,
            (SELECT coalesce(sum(size_bytes), 0) FROM replay_items i WHERE i.replay_id = r.id) AS total_bytes,
            (SELECT coalesce(sum(size_bytes), 0) FROM replay_items i WHERE i.replay_id = r.id AND i.state > 0) AS finished_bytes,
            (SELECT coalesce(sum(row_count), 0) FROM replay_items i WHERE i.replay_id = r.id) AS row_count
        FROM replays r
        """;

    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock.</param>
    public ReplayStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("replays",
        [
            """
            CREATE TABLE replays (
                id TEXT NOT NULL PRIMARY KEY,
                kind INTEGER NOT NULL,
                topology TEXT NOT NULL,
                topology_version TEXT NOT NULL,
                state INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                changed_at INTEGER NOT NULL,
                description TEXT NOT NULL,
                bytes_per_second INTEGER,
                parallelism INTEGER NOT NULL,
                worked_ms INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
            CREATE INDEX replays_by_state ON replays (state, created_at);
            CREATE TABLE replay_items (
                replay_id TEXT NOT NULL REFERENCES replays (id),
                ordinal INTEGER NOT NULL,
                ingest_id TEXT NOT NULL,
                topology TEXT NOT NULL,
                topology_version TEXT NOT NULL,
                size_bytes INTEGER NOT NULL,
                mode INTEGER NOT NULL,
                state INTEGER NOT NULL DEFAULT 0,
                row_count INTEGER NOT NULL DEFAULT 0,
                error TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (replay_id, ordinal)) WITHOUT ROWID;
            CREATE INDEX replay_items_by_state ON replay_items (state, replay_id, ordinal);
            """,
            "CREATE INDEX replays_by_time ON replays (created_at, id)",
        ]);
    }

    private long NowUs => UnixMicros.Of(time.GetUtcNow());

    /// <summary>Adds a replay with its items.</summary>
    public async Task AddAsync(MetadataTransaction transaction, ReplayEntry replay, IReadOnlyList<ReplayItem> items)
    {
        await transaction.ExecuteAsync(
            """
            INSERT INTO replays (id, kind, topology, topology_version, state, created_at, changed_at, description, bytes_per_second, parallelism)
            VALUES (@Id, @kind, @Topology, @TopologyVersion, @state, @now, @now, @Description, @BytesPerSecond, @Parallelism)
            """,
            new
            {
                replay.Id, kind = (int)replay.Kind, replay.Topology, replay.TopologyVersion, state = (int)(items.Count == 0 ? ReplayState.Done : ReplayState.Running),
                now = NowUs, replay.Description, replay.BytesPerSecond, replay.Parallelism,
            }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO replay_items (replay_id, ordinal, ingest_id, topology, topology_version, size_bytes, mode) VALUES (@id, @Ordinal, @IngestId, @Topology, @TopologyVersion, @SizeBytes, @mode)",
            items.Select(item => new { id = replay.Id, item.Ordinal, item.IngestId, item.Topology, item.TopologyVersion, item.SizeBytes, mode = (int)item.Mode })).ConfigureAwait(false);
    }

    /// <summary>Replays, newest first.</summary>
    public ValueTask<IReadOnlyList<ReplayEntry>> ListAsync(int limit, CancellationToken cancellationToken) =>
        QueryAsync("ORDER BY created_at DESC, id LIMIT @limit", new { limit }, cancellationToken);

    /// <summary>A page of replays, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<ReplayEntry> Items, long Total)> ListAsync(ReplayQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database).Contains(query.Text, null, "id", "description", "topology").Equal("state", (int?)query.State).Equal("kind", (int?)query.Kind).Equal("topology", query.Topology);
            string direction = query.Descending ? "DESC" : "ASC";
            var (rows, total) = await sql.ReadAsync<ReplayRow>(
                session, query, $"{Columns} WHERE {sql.Conditions} ORDER BY {(query.Sort == ReplaySort.Changed ? "changed_at" : "created_at")} {direction}, id", "replays").ConfigureAwait(false);
            return ((IReadOnlyList<ReplayEntry>)[.. rows.Select(row => row.ToEntry())], total);
        },
        cancellationToken);

    /// <summary>A replay; null when there is none. The beginning of its id is enough.</summary>
    /// <exception cref="MeshException"><c>MESH2360</c>: the beginning of several.</exception>
    public async ValueTask<ReplayEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length < ShortestPrefix || !id.All(char.IsAsciiLetterOrDigit)) return null;
        var found = await QueryAsync("WHERE id = @id OR id LIKE @prefix ORDER BY created_at LIMIT 2", new { id, prefix = id + "%" }, cancellationToken).ConfigureAwait(false);
        if (found.Count == 0) return null;
        return found.Count == 1 ? found[0] : throw new MeshException("MESH2360", $"'{id}' is the beginning of several ids of replays: give more of it.");
    }

    /// <summary>The replay whose turn it is: dead letters before whole recordings, for somebody waits for them; then the oldest.</summary>
    public async ValueTask<ReplayEntry?> NextAsync(CancellationToken cancellationToken) =>
        await QueryAsync("WHERE state = 0 ORDER BY kind, created_at, id LIMIT 1", new { }, cancellationToken).ConfigureAwait(false) is [var next, ..] ? next : null;

    /// <summary>Items of a replay, in order.</summary>
    /// <param name="id">The replay.</param>
    /// <param name="state">Those in this state; null for all.</param>
    /// <param name="limit">Most items.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public ValueTask<IReadOnlyList<ReplayItem>> ListItemsAsync(string id, ReplayItemState? state, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ReplayItem>>(
            async session => (await session.QueryAsync<ItemRow>(
                $"""
                SELECT ordinal, ingest_id, topology, topology_version, size_bytes, mode, state, row_count, error FROM replay_items
                WHERE replay_id = @id {(state is null ? "" : "AND state = @state")} ORDER BY ordinal LIMIT @limit
                """,
                new { id, state = (int)(state ?? 0), limit }).ConfigureAwait(false))
                .Select(row => row.ToItem()).ToList(),
            cancellationToken);

    /// <summary>Notes how an item ended; the replay is done with its last.</summary>
    public async Task FinishItemAsync(MetadataTransaction transaction, string id, int ordinal, ReplayItemState state, long rows, string error)
    {
        await transaction.ExecuteAsync(
            "UPDATE replay_items SET state = @state, row_count = row_count + @rows, error = @error WHERE replay_id = @id AND ordinal = @ordinal AND state = 0",
            new { id, ordinal, state = (int)state, rows, error }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            """
            UPDATE replays SET changed_at = @now,
                state = CASE WHEN state = 0 AND NOT EXISTS (SELECT 1 FROM replay_items WHERE replay_id = @id AND state = 0) THEN 3 ELSE state END
            WHERE id = @id
            """,
            new { id, now = NowUs }).ConfigureAwait(false);
    }

    /// <summary>Adds rows to an item that is still being worked on, in the transaction that commits them.</summary>
    public Task AddRowsAsync(MetadataTransaction transaction, string id, int ordinal, long rows) => transaction.ExecuteAsync(
        "UPDATE replay_items SET row_count = row_count + @rows WHERE replay_id = @id AND ordinal = @ordinal", new { id, ordinal, rows });

    /// <summary>Adds to the time a replay has worked.</summary>
    public async ValueTask AddWorkAsync(string id, TimeSpan worked, CancellationToken cancellationToken) => await database.WriteAsync(
        transaction => transaction.ExecuteAsync(
            "UPDATE replays SET worked_ms = worked_ms + @ms WHERE id = @id", new { id, ms = (long)worked.TotalMilliseconds }),
        cancellationToken).ConfigureAwait(false);

    /// <summary>Pauses, resumes, stops or completes a replay.</summary>
    /// <returns>Whether it was in one of the states it may go on from.</returns>
    public ValueTask<bool> ChangeStateAsync(string id, ReplayState to, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction => await transaction.ExecuteAsync(
            $"UPDATE replays SET state = @to, changed_at = @now WHERE id = @id AND state IN ({(to switch { ReplayState.Running => "1", ReplayState.Paused or ReplayState.Done => "0", _ => "0, 1" })})",
            new { id, to = (int)to, now = NowUs }).ConfigureAwait(false) > 0,
        cancellationToken);

    /// <summary>Recordings that replays will still read.</summary>
    public ValueTask<IReadOnlySet<string>> ListRecordingsInNeedAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlySet<string>>(
        async session => (await session.QueryAsync<string>(
            "SELECT DISTINCT i.ingest_id FROM replay_items i JOIN replays r ON r.id = i.replay_id WHERE i.state = 0 AND r.state IN (0, 1)").ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal),
        cancellationToken);

    private ValueTask<IReadOnlyList<ReplayEntry>> QueryAsync(string clauses, object parameters, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ReplayEntry>>(
            async session => (await session.QueryAsync<ReplayRow>($"{Columns} {clauses}", parameters).ConfigureAwait(false)).Select(row => row.ToEntry()).ToList(),
            cancellationToken);

    /// <summary>A row of <c>replays</c> with its counts; the names are the columns'.</summary>
    private sealed class ReplayRow
    {
        public string id { get; init; } = "";
        public long kind { get; init; }
        public string topology { get; init; } = "";
        public string topology_version { get; init; } = "";
        public long state { get; init; }
        public long created_at { get; init; }
        public long changed_at { get; init; }
        public string description { get; init; } = "";
        public long? bytes_per_second { get; init; }
        public long parallelism { get; init; }
        public long worked_ms { get; init; }
        public long total { get; init; }
        public long done { get; init; }
        public long failed { get; init; }
        public decimal total_bytes { get; init; }
        public decimal finished_bytes { get; init; }
        public decimal row_count { get; init; }

        public ReplayEntry ToEntry() => new()
        {
            Id = id,
            Kind = (ReplayKind)kind,
            Topology = topology,
            TopologyVersion = topology_version,
            State = (ReplayState)state,
            CreatedAt = UnixMicros.ToTime(created_at),
            ChangedAt = UnixMicros.ToTime(changed_at),
            Description = description,
            BytesPerSecond = bytes_per_second,
            Parallelism = (int)parallelism,
            Total = total,
            Done = done,
            Failed = failed,
            TotalBytes = (long)total_bytes,
            FinishedBytes = (long)finished_bytes,
            Rows = (long)row_count,
            WorkedSeconds = worked_ms / 1000.0,
        };
    }

    private sealed class ItemRow
    {
        public long ordinal { get; init; }
        public string ingest_id { get; init; } = "";
        public string topology { get; init; } = "";
        public string topology_version { get; init; } = "";
        public long size_bytes { get; init; }
        public long mode { get; init; }
        public long state { get; init; }
        public long row_count { get; init; }
        public string error { get; init; } = "";

        public ReplayItem ToItem() => new(
            (int)ordinal, ingest_id, topology, topology_version, size_bytes, (ReplayItemMode)mode, (ReplayItemState)state, row_count, error);
    }
}
