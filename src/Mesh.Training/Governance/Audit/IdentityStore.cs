using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>The identities of the catalogue database. Each is announced in the decision log, which is what an auditor's copy knows of them.</summary>
public sealed class IdentityStore
{
    private const string Columns =
        "name Name, person Person, roles Roles, key_sha256 KeySha256, public_key PublicKey, created_at_us CreatedAtUs, revoked_at_us RevokedAtUs";

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public IdentityStore(MetadataDatabase database)
    {
        this.database = database;
        GovernanceSchema.Migrate(database);
    }

    /// <summary>All keys, by name and age.</summary>
    public ValueTask<IReadOnlyList<Identity>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync(ListAsync, cancellationToken);

    internal static async Task<IReadOnlyList<Identity>> ListAsync(MetadataSession session) =>
        [.. (await session.QueryAsync<IdentityRow>($"SELECT {Columns} FROM identities ORDER BY name, created_at_us").ConfigureAwait(false)).Select(row => row.ToIdentity())];

    internal static async Task<Identity?> FindByKeyAsync(MetadataSession session, string keySha256) =>
        (await session.FirstOrDefaultAsync<IdentityRow>($"SELECT {Columns} FROM identities WHERE key_sha256 = @keySha256", new { keySha256 }).ConfigureAwait(false))?.ToIdentity();

    internal static async Task<IReadOnlyList<Identity>> ListByNameAsync(MetadataSession session, string name) =>
        [.. (await session.QueryAsync<IdentityRow>($"SELECT {Columns} FROM identities WHERE name = @name ORDER BY created_at_us", new { name }).ConfigureAwait(false))
            .Select(row => row.ToIdentity())];

    internal static Task AddAsync(MetadataTransaction transaction, Identity identity) => transaction.ExecuteAsync(
        "INSERT INTO identities VALUES (@Name, @Person, @roles, @KeySha256, @PublicKey, @createdAtUs, NULL)",
        new
        {
            identity.Name, identity.Person, roles = JsonSerializer.Serialize(identity.Roles), identity.KeySha256, identity.PublicKey,
            createdAtUs = UnixMicros.Of(identity.CreatedAt),
        });

    internal static Task RevokeAsync(MetadataTransaction transaction, string keySha256, DateTimeOffset at) => transaction.ExecuteAsync(
        "UPDATE identities SET revoked_at_us = @atUs WHERE key_sha256 = @keySha256 AND revoked_at_us IS NULL", new { keySha256, atUs = UnixMicros.Of(at) });

    private sealed class IdentityRow
    {
        public string Name { get; init; } = "";
        public string Person { get; init; } = "";
        public string Roles { get; init; } = "";
        public string KeySha256 { get; init; } = "";
        public string PublicKey { get; init; } = "";
        public long CreatedAtUs { get; init; }
        public long? RevokedAtUs { get; init; }

        public Identity ToIdentity() => new()
        {
            Name = Name,
            Person = Person,
            Roles = JsonSerializer.Deserialize<List<string>>(Roles)!,
            KeySha256 = KeySha256,
            PublicKey = PublicKey,
            CreatedAt = UnixMicros.ToTime(CreatedAtUs),
            RevokedAt = RevokedAtUs is { } revoked ? UnixMicros.ToTime(revoked) : null,
        };
    }
}
