using System.Text;
using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Models;

namespace Mesh.Training.Compression;

/// <summary>Compressions and variants in the catalogue database: table <c>compressions</c>, the ledger of what was asked for, and <c>model_variants</c>.</summary>
public sealed class VariantStore
{
    private const string Columns =
        """
        compression_id CompressionId, name Model, version Version, profiles Profiles, state State, attempts Attempts, failures Failures, code Code, reason Reason,
        trace_parent TraceParent, requested_at_us RequestedAtUs, finished_at_us FinishedAtUs
        """;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE compressions (
            compression_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, profiles TEXT NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, code TEXT, reason TEXT NOT NULL, trace_parent TEXT,
            requested_at_us INTEGER NOT NULL, not_before_us INTEGER NOT NULL DEFAULT 0, finished_at_us INTEGER);
        CREATE INDEX compressions_by_state ON compressions (state, not_before_us);
        CREATE TABLE model_variants (
            name TEXT NOT NULL, version INTEGER NOT NULL, profile TEXT NOT NULL, target TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
            manifest TEXT NOT NULL, manifest_sha256 TEXT NOT NULL, uri TEXT NOT NULL, compression_id TEXT NOT NULL, created_at_us INTEGER NOT NULL,
            PRIMARY KEY (name, version, profile));
        """,
    ];

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public VariantStore(MetadataDatabase database)
    {
        this.database = database;
        _ = new ModelStore(database);
        GovernanceSchema.Migrate(database);
        database.Migrate("variants", Scripts);
    }

    /// <summary>The version that a text means: <c>NAME@VERSION</c>, <c>NAME@ALIAS</c>, or <c>NAME</c> for the newest that is registered.</summary>
    /// <exception cref="MeshException"><c>MESH9405</c> when there is none.</exception>
    public ValueTask<(string Name, int Version)> ResolveAsync(string reference, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var parsed = reference.Contains('@') ? ModelReference.Parse(reference) : new ModelReference(reference, null, null);
            int? version = parsed.Alias is { } alias
                ? await session.ScalarAsync<int?>("SELECT version FROM model_aliases WHERE name = @Name AND alias = @alias", new { parsed.Name, alias }).ConfigureAwait(false) ?? 0
                : parsed.Version;
            int? found = await session.ScalarAsync<int?>(
                "SELECT version FROM models WHERE name = @Name AND (@version IS NULL OR version = @version) ORDER BY state = 'registered' DESC, version DESC LIMIT 1",
                new { parsed.Name, version }).ConfigureAwait(false);
            return (parsed.Name, found ?? throw new MeshException("MESH9405", $"There is no model {reference}. `mesh models list` shows them."));
        },
        cancellationToken);

    /// <summary>Variants of a version, by profile.</summary>
    public ValueTask<IReadOnlyList<VariantEntry>> ListAsync(string name, int version, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ListAsync(session, name, version), cancellationToken);

    /// <summary>Compressions of a version, newest first.</summary>
    public ValueTask<IReadOnlyList<CompressionEntry>> ListCompressionsAsync(string name, int version, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<CompressionEntry>>(
        async session => [.. (await session.QueryAsync<Row>(
            $"SELECT {Columns} FROM compressions WHERE name = @name AND version = @version ORDER BY requested_at_us DESC, compression_id DESC", new { name, version }).ConfigureAwait(false))
            .Select(row => row.ToEntry())],
        cancellationToken);

    /// <summary>A compression; null when there is none of that id.</summary>
    public ValueTask<CompressionEntry?> FindAsync(string compressionId, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (await session.FirstOrDefaultAsync<Row>($"SELECT {Columns} FROM compressions WHERE compression_id = @compressionId", new { compressionId }).ConfigureAwait(false))?.ToEntry(),
        cancellationToken);

    internal static async Task<IReadOnlyList<VariantEntry>> ListAsync(MetadataSession session, string name, int version) =>
    [
        .. (await session.QueryAsync<VariantRow>(
            "SELECT manifest Manifest, manifest_sha256 ManifestSha256, uri Uri, compression_id CompressionId FROM model_variants WHERE name = @name AND version = @version ORDER BY profile",
            new { name, version }).ConfigureAwait(false)).Select(row => row.ToEntry()),
    ];

    /// <summary>Asks for a compression.</summary>
    /// <returns>False when it was asked for before.</returns>
    internal static async Task<bool> AddAsync(
        MetadataTransaction transaction, string compressionId, string name, int version, IReadOnlyList<string> profiles, string reason, string? traceParent, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO compressions (compression_id, name, version, profiles, state, reason, trace_parent, requested_at_us)
            VALUES (@compressionId, @name, @version, @profiles, 'queued', @reason, @traceParent, @nowUs) ON CONFLICT DO NOTHING
            """,
            new { compressionId, name, version, profiles = JsonSerializer.Serialize(profiles), reason, traceParent, nowUs }).ConfigureAwait(false) == 1;

    /// <summary>Number of compressions of a version so far.</summary>
    internal static Task<int> CountAsync(MetadataSession session, string name, int version) =>
        session.ScalarAsync<int>("SELECT COUNT(*) FROM compressions WHERE name = @name AND version = @version", new { name, version });

    /// <summary>Puts compressions back that ran when the process died.</summary>
    internal static Task<int> RequeueRunningAsync(MetadataTransaction transaction) => transaction.ExecuteAsync(
        "UPDATE compressions SET state = 'queued', not_before_us = 0, reason = 'resumed after the process ended' WHERE state = 'running'");

    /// <summary>Takes the next compression that may run.</summary>
    internal static Task<Row?> ClaimAsync(MetadataTransaction transaction, long nowUs) => transaction.FirstOrDefaultAsync<Row>(
        $"""
        UPDATE compressions SET state = 'running', attempts = attempts + 1, reason = 'attempt ' || (attempts + 1)
        WHERE compression_id = (SELECT compression_id FROM compressions WHERE state = 'queued' AND not_before_us <= @nowUs ORDER BY requested_at_us, compression_id LIMIT 1)
        RETURNING {Columns}
        """, new { nowUs });

    /// <summary>When the next waiting compression may run; null when none waits.</summary>
    internal static Task<long?> NextStartUsAsync(MetadataSession session) => session.ScalarAsync<long?>("SELECT MIN(not_before_us) FROM compressions WHERE state = 'queued'");

    /// <summary>Puts a compression back for another attempt.</summary>
    internal static Task RequeueAsync(MetadataTransaction transaction, string compressionId, int failures, string? code, string reason, long notBeforeUs) => transaction.ExecuteAsync(
        "UPDATE compressions SET state = 'queued', failures = @failures, code = @code, reason = @reason, not_before_us = @notBeforeUs WHERE compression_id = @compressionId",
        new { compressionId, failures, code, reason, notBeforeUs });

    /// <summary>Ends a compression.</summary>
    /// <returns>False when it was not running: another process has taken it over.</returns>
    internal static async Task<bool> EndAsync(MetadataTransaction transaction, string compressionId, CompressionState state, string? code, string reason, long nowUs) => await transaction.ExecuteAsync(
        "UPDATE compressions SET state = @state, code = @code, reason = @reason, finished_at_us = @nowUs WHERE compression_id = @compressionId AND state = 'running'",
        new { compressionId, state = Word(state), code, reason, nowUs }).ConfigureAwait(false) == 1;

    /// <summary>Registers a variant in place of an earlier one of its profile.</summary>
    internal static Task PutAsync(MetadataTransaction transaction, VariantEntry entry) => transaction.ExecuteAsync(
        """
        INSERT INTO model_variants (name, version, profile, target, status, reason, manifest, manifest_sha256, uri, compression_id, created_at_us)
        VALUES (@Model, @Version, @Profile, @target, @status, @Reason, @manifest, @ManifestSha256, @Uri, @CompressionId, @createdAtUs)
        ON CONFLICT (name, version, profile) DO UPDATE SET target = excluded.target, status = excluded.status, reason = excluded.reason, manifest = excluded.manifest,
            manifest_sha256 = excluded.manifest_sha256, uri = excluded.uri, compression_id = excluded.compression_id, created_at_us = excluded.created_at_us
        """,
        new
        {
            entry.Manifest.Model, entry.Manifest.Version, entry.Manifest.Profile, target = VariantNames.Of(entry.Manifest.Target), status = VariantNames.Of(entry.Manifest.Status),
            entry.Manifest.Reason, manifest = Encoding.UTF8.GetString(entry.Manifest.ToUtf8()), entry.ManifestSha256, entry.Uri, entry.CompressionId, createdAtUs = UnixMicros.Of(entry.Manifest.CreatedAt),
        });

    private static string Word(CompressionState state) => state.ToString().ToLowerInvariant();

    /// <summary>A row of <c>compressions</c>.</summary>
    internal sealed class Row
    {
        public string CompressionId { get; init; } = "";
        public string Model { get; init; } = "";
        public int Version { get; init; }
        public string Profiles { get; init; } = "";
        public string State { get; init; } = "";
        public int Attempts { get; init; }
        public int Failures { get; init; }
        public string? Code { get; init; }
        public string Reason { get; init; } = "";
        public string? TraceParent { get; init; }
        public long RequestedAtUs { get; init; }
        public long? FinishedAtUs { get; init; }

        public CompressionEntry ToEntry() => new()
        {
            CompressionId = CompressionId, Model = Model, Version = Version, Profiles = JsonSerializer.Deserialize<List<string>>(Profiles)!,
            State = Enum.Parse<CompressionState>(State, ignoreCase: true), Attempts = Attempts, Code = Code, Reason = Reason, RequestedAt = UnixMicros.ToTime(RequestedAtUs),
            FinishedAt = FinishedAtUs is { } finished ? UnixMicros.ToTime(finished) : null,
        };
    }

    private sealed class VariantRow
    {
        public string Manifest { get; init; } = "";
        public string ManifestSha256 { get; init; } = "";
        public string Uri { get; init; } = "";
        public string CompressionId { get; init; } = "";

        public VariantEntry ToEntry() => new(VariantManifest.Parse(Encoding.UTF8.GetBytes(Manifest), "model_variants"), ManifestSha256, Uri, CompressionId);
    }
}
