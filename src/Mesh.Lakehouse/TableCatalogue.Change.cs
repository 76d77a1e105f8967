namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Changes a table by compare-and-swap: loads it, lets <paramref name="prepare"/> write what the change needs, swaps the pointer, and begins
    /// again when somebody else was faster. What a lost attempt has written is deleted.
    /// </summary>
    /// <param name="identifier">The table.</param>
    /// <param name="prepare">Makes the change against the state given, again for each attempt; null when nothing is to be changed.</param>
    /// <param name="cancellationToken">Stops waiting and writing.</param>
    /// <returns>The table as it is now.</returns>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8102</c> no such table; <c>MESH8107</c> (transient) when others kept changing it.</exception>
    internal async ValueTask<TableState> ChangeAsync(
        TableIdentifier identifier, Func<TableState, ValueTask<TableChange?>> prepare, CancellationToken cancellationToken)
    {
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            try
            {
                if (await WhileCurrentAsync(state, () => prepare(state), cancellationToken).ConfigureAwait(false) is not { } change) return state;
                return await SwapAsync(state, change, cancellationToken).ConfigureAwait(false);
            }
            catch (CommitConflictException)
            {
                await BackOffAsync(identifier, attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One attempt to replace <paramref name="state"/>; the caller holds the table's turn.</summary>
    private async ValueTask<TableState> SwapAsync(TableState state, TableChange change, CancellationToken cancellationToken)
    {
        var next = await WriteMetadataAsync(state, state.Identifier, change.Metadata, cancellationToken).ConfigureAwait(false);
        try
        {
            await database.WriteAsync(
                async transaction =>
                {
                    await SwapPointerAsync(transaction, state, next).ConfigureAwait(false);
                    if (change.InTransaction is { } also) await also(transaction, next.Table).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (CommitConflictException)
        {
            await TryDeleteAsync([.. change.WrittenUris, next.MetadataUri]).ConfigureAwait(false);
            throw;
        }

        await AfterCommitAsync(state, next).ConfigureAwait(false);
        return next;
    }
}
