using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Takes a table out of the catalogue, with its ledger: an upload that is published again would be added to a new table of the name.
    /// </summary>
    /// <param name="identifier">The table.</param>
    /// <param name="purge">
    /// Whether to delete every object under the table's location too; what a crash leaves of them belongs to nobody. Without it the files stay
    /// where they are, no other table is given their folder, and the metadata file can be registered again.
    /// </param>
    /// <param name="cancellationToken">Stops between two objects.</param>
    /// <exception cref="MeshException"><c>MESH8102</c> when there is no such table.</exception>
    public async ValueTask DropAsync(TableIdentifier identifier, bool purge, CancellationToken cancellationToken)
    {
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        string uuid = state.Metadata.TableUuid.ToString();
        await database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("DELETE FROM ledger WHERE table_uuid = @uuid", new { uuid }).ConfigureAwait(false);
                if (await transaction.ExecuteAsync("DELETE FROM tables WHERE uuid = @uuid", new { uuid }).ConfigureAwait(false) == 0) throw Gone(identifier);
                if (!purge)
                {
                    await transaction.ExecuteAsync(
                        "INSERT INTO retired_locations (location) VALUES (@Location) ON CONFLICT (location) DO NOTHING", new { state.Metadata.Location }).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        Forget(identifier);
        if (!purge || !IsInLake(state.Metadata.Location)) return;
        string folder = lake.KeyOf(state.Metadata.Location) + "/";
        await foreach (var entry in lake.ListAsync(folder, cancellationToken).ConfigureAwait(false))
        {
            await lake.DeleteAsync(entry.Key, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a table another name; its identity, its ledger and the place of its files stay.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH8101</c> the name cannot be one, <c>MESH8102</c> no such table, <c>MESH8133</c> no such namespace, <c>MESH8136</c> there is one of that name.
    /// </exception>
    public async ValueTask RenameAsync(TableIdentifier from, TableIdentifier to, CancellationToken cancellationToken)
    {
        RequireUsableName(to);
        var order = new[] { from, to }.Distinct().OrderBy(table => table.ToString(), StringComparer.Ordinal).ToList();
        using var first = await LockAsync(order[0], cancellationToken).ConfigureAwait(false);
        using var second = order.Count > 1 ? await LockAsync(order[1], cancellationToken).ConfigureAwait(false) : null;
        await LoadStateAsync(from, cancellationToken).ConfigureAwait(false);
        await database.WriteAsync(
            async transaction =>
            {
                if (await PropertiesAsync(transaction, to.Namespace).ConfigureAwait(false) is null) throw NoNamespace(to.Namespace);
                long taken = await transaction.ScalarAsync<long>("SELECT count(*) FROM tables WHERE namespace = @Namespace AND name = @Name", to).ConfigureAwait(false);
                if (taken > 0) throw Exists(to);
                int renamed = await transaction.ExecuteAsync(
                    "UPDATE tables SET namespace = @toNamespace, name = @toName WHERE namespace = @Namespace AND name = @Name",
                    new { toNamespace = to.Namespace, toName = to.Name, from.Namespace, from.Name }).ConfigureAwait(false);
                if (renamed == 0) throw Gone(from);
            },
            cancellationToken).ConfigureAwait(false);
        Forget(from);
    }

    private void Forget(TableIdentifier identifier)
    {
        states.TryRemove(identifier, out _);
        hinted.TryRemove(identifier, out _);
        overdue.TryRemove(identifier, out _);
    }

    private static MeshException Gone(TableIdentifier identifier) => new("MESH8102", $"There is no table {identifier}; somebody else has dropped or renamed it.");
}
