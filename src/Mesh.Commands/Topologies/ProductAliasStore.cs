using Mesh.Commands.Replay;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Commands.Topologies;

/// <summary>Which version a product's name means, where somebody has said so, and every such change; in the metadata database.</summary>
public sealed class ProductAliasStore
{
    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock.</param>
    public ProductAliasStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("product-aliases",
        [
            """
            CREATE TABLE product_aliases (product TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE product_alias_changes (
                ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
                product TEXT NOT NULL,
                from_version INTEGER NOT NULL,
                to_version INTEGER NOT NULL,
                at INTEGER NOT NULL,
                changed_by TEXT NOT NULL,
                reason TEXT NOT NULL);
            CREATE INDEX product_alias_changes_by_product ON product_alias_changes (product, ordinal);
            """,
        ]);
    }

    /// <summary>Versions by product, for those that have been switched.</summary>
    public ValueTask<IReadOnlyDictionary<string, int>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyDictionary<string, int>>(
        async session => (await session.QueryAsync<AliasRow>("SELECT product, version FROM product_aliases").ConfigureAwait(false))
            .ToDictionary(row => row.product, row => (int)row.version, StringComparer.Ordinal),
        cancellationToken);

    /// <summary>Switches of a product, newest first.</summary>
    public ValueTask<IReadOnlyList<ProductChange>> ListChangesAsync(string product, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<ProductChange>>(
        async session => (await session.QueryAsync<ChangeRow>(
            "SELECT at, from_version, to_version, changed_by, reason FROM product_alias_changes WHERE product = @product ORDER BY ordinal DESC", new { product }).ConfigureAwait(false))
            .Select(row => new ProductChange(UnixMicros.ToTime(row.at), (int)row.from_version, (int)row.to_version, row.changed_by, row.reason)).ToList(),
        cancellationToken);

    /// <summary>Lets a name mean another version, and notes that.</summary>
    public async ValueTask SwitchAsync(string product, int from, ProductSwitchRequest request, CancellationToken cancellationToken) => await database.WriteAsync(
        async transaction =>
        {
            await transaction.ExecuteAsync(
                "INSERT INTO product_aliases (product, version) VALUES (@product, @To) ON CONFLICT (product) DO UPDATE SET version = excluded.version",
                new { product, request.To }).ConfigureAwait(false);
            await transaction.ExecuteAsync(
                "INSERT INTO product_alias_changes (product, from_version, to_version, at, changed_by, reason) VALUES (@product, @from, @To, @at, @By, @Reason)",
                new { product, from, request.To, at = UnixMicros.Of(time.GetUtcNow()), request.By, request.Reason }).ConfigureAwait(false);
        },
        cancellationToken).ConfigureAwait(false);

    private sealed class AliasRow
    {
        public string product { get; init; } = "";
        public long version { get; init; }
    }

    private sealed class ChangeRow
    {
        public long at { get; init; }
        public long from_version { get; init; }
        public long to_version { get; init; }
        public string changed_by { get; init; } = "";
        public string reason { get; init; } = "";
    }
}
