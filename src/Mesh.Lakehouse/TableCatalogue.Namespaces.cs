using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>All namespaces, by name.</summary>
    public ValueTask<IReadOnlyList<string>> ListNamespacesAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        async session => await session.QueryAsync<string>("SELECT name FROM namespaces ORDER BY name").ConfigureAwait(false), cancellationToken);

    /// <summary>A namespace's properties; null when there is none of that name.</summary>
    public async ValueTask<IReadOnlyDictionary<string, string>?> FindNamespaceAsync(string name, CancellationToken cancellationToken) =>
        await database.ReadAsync(session => PropertiesAsync(session, name), cancellationToken).ConfigureAwait(false);

    /// <summary>Creates a namespace.</summary>
    /// <exception cref="MeshException"><c>MESH8101</c> the name cannot be one; <c>MESH8134</c> it exists.</exception>
    public async ValueTask CreateNamespaceAsync(string name, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken)
    {
        RequireUsableName(new TableIdentifier(name, "t"));
        int created = await database.WriteAsync(
            transaction => transaction.ExecuteAsync(
                "INSERT INTO namespaces (name, properties) VALUES (@name, @json) ON CONFLICT (name) DO NOTHING", new { name, json = JsonSerializer.Serialize(properties) }),
            cancellationToken).ConfigureAwait(false);
        if (created == 0) throw new MeshException("MESH8134", $"There is a namespace '{name}' already.");
    }

    /// <summary>Changes a namespace's properties.</summary>
    /// <exception cref="MeshException"><c>MESH8133</c> there is none.</exception>
    public ValueTask<NamespaceChange> UpdateNamespaceAsync(
        string name, IReadOnlyCollection<string> removals, IReadOnlyDictionary<string, string> updates, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            var properties = await PropertiesAsync(transaction, name).ConfigureAwait(false) ?? throw NoNamespace(name);
            var removed = removals.Where(properties.Remove).ToList();
            foreach (var (key, value) in updates) properties[key] = value;
            await transaction.ExecuteAsync("UPDATE namespaces SET properties = @json WHERE name = @name", new { name, json = JsonSerializer.Serialize(properties) }).ConfigureAwait(false);
            return new NamespaceChange([.. updates.Keys], removed, [.. removals.Except(removed)]);
        },
        cancellationToken);

    /// <summary>Drops a namespace that has no tables.</summary>
    /// <exception cref="MeshException"><c>MESH8133</c> there is none; <c>MESH8135</c> it has tables.</exception>
    public ValueTask DropNamespaceAsync(string name, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            long tables = await transaction.ScalarAsync<long>("SELECT count(*) FROM tables WHERE namespace = @name", new { name }).ConfigureAwait(false);
            if (tables > 0) throw new MeshException("MESH8135", $"The namespace '{name}' has {tables} tables. Drop or move them first.");
            if (await transaction.ExecuteAsync("DELETE FROM namespaces WHERE name = @name", new { name }).ConfigureAwait(false) == 0) throw NoNamespace(name);
        },
        cancellationToken);

    private async ValueTask RequireNamespaceAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindNamespaceAsync(name, cancellationToken).ConfigureAwait(false) is null) throw NoNamespace(name);
    }

    private static async Task<Dictionary<string, string>?> PropertiesAsync(MetadataSession session, string name)
    {
        string? json = await session.ScalarAsync<string>("SELECT properties FROM namespaces WHERE name = @name", new { name }).ConfigureAwait(false);
        return json is null ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(json);
    }

    private static MeshException NoNamespace(string name) => new("MESH8133", $"There is no namespace '{name}'. Create it first.");
}
