using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Lakehouse.Topologies;

/// <summary>Topologies that are or were in force, in the metadata database.</summary>
public sealed class TopologyStore
{
    private const string Columns = "SELECT name, version, yaml, digest, file_name, origin, active, from_earliest, awaited, applied_at FROM topologies";

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its table.</param>
    public TopologyStore(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("recordings", RecordingSchema.Scripts);
    }

    /// <summary>All of them, by name and version.</summary>
    public ValueTask<IReadOnlyList<StoredTopology>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<StoredTopology>>(
        async session => [.. (await session.QueryAsync<TopologyRow>($"{Columns} ORDER BY name, version").ConfigureAwait(false)).Select(row => row.ToEntry())],
        cancellationToken);

    /// <summary>One version, or null.</summary>
    public ValueTask<StoredTopology?> FindAsync(string name, int version, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (await session.FirstOrDefaultAsync<TopologyRow>($"{Columns} WHERE name = @name AND version = @version", new { name, version }).ConfigureAwait(false))?.ToEntry(),
        cancellationToken);

    /// <summary>
    /// Brings a version into force, with the text given. Where it is active already, the moment since when it reads uploads stays.
    /// </summary>
    public async ValueTask ActivateAsync(StoredTopology topology, CancellationToken cancellationToken) => await database.WriteAsync(
        transaction => transaction.ExecuteAsync(
            """
            INSERT INTO topologies (name, version, yaml, digest, file_name, origin, active, from_earliest, awaited, applied_at)
            VALUES (@Name, @Version, @Yaml, @Digest, @FileName, @origin, 1, @fromEarliest, @awaited, @appliedAt)
            ON CONFLICT (name, version) DO UPDATE SET
                yaml = excluded.yaml, digest = excluded.digest, file_name = excluded.file_name, origin = excluded.origin, active = 1, awaited = excluded.awaited,
                from_earliest = CASE WHEN topologies.active = 1 THEN topologies.from_earliest ELSE excluded.from_earliest END,
                applied_at = CASE WHEN topologies.active = 1 THEN topologies.applied_at ELSE excluded.applied_at END
            """,
            new
            {
                topology.Name, topology.Version, topology.Yaml, topology.Digest, topology.FileName, origin = (int)topology.Origin,
                fromEarliest = topology.FromEarliest ? 1 : 0, awaited = topology.IsAwaited ? 1 : 0, appliedAt = UnixMicros.Of(topology.AppliedAt),
            }),
        cancellationToken).ConfigureAwait(false);

    /// <summary>Whether recordings have passed through a topology, as on lakes that are older than this table.</summary>
    public ValueTask<bool> HasRunsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.ScalarAsync<long>("SELECT count(*) FROM recording_runs").ConfigureAwait(false) > 0, cancellationToken);

    /// <summary>Takes a version out of force.</summary>
    /// <returns>Whether it was active.</returns>
    public ValueTask<bool> RetireAsync(string name, int version, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction => await transaction.ExecuteAsync(
            "UPDATE topologies SET active = 0 WHERE name = @name AND version = @version AND active = 1", new { name, version }).ConfigureAwait(false) > 0,
        cancellationToken);

    /// <summary>A row of <c>topologies</c>; the names are the columns'.</summary>
    private sealed class TopologyRow
    {
        public string name { get; init; } = "";
        public int version { get; init; }
        public string yaml { get; init; } = "";
        public string digest { get; init; } = "";
        public string file_name { get; init; } = "";
        public int origin { get; init; }
        public long active { get; init; }
        public long from_earliest { get; init; }
        public long awaited { get; init; }
        public long applied_at { get; init; }

        public StoredTopology ToEntry() => new()
        {
            Name = name, Version = version, Yaml = yaml, Digest = digest, FileName = file_name, Origin = (TopologyOrigin)origin,
            IsActive = active != 0, FromEarliest = from_earliest != 0, IsAwaited = awaited != 0, AppliedAt = UnixMicros.ToTime(applied_at),
        };
    }
}
