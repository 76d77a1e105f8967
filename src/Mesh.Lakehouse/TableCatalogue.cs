using System.Collections.Concurrent;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Maintenance;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>
/// The Iceberg tables of a lake. The pointer to a table's current metadata lives in the database and is swapped in the same transaction
/// as the ledger; everything else is immutable objects. Safe for concurrent use.
/// </summary>
public sealed partial class TableCatalogue
{
    private readonly MetadataDatabase database;
    private readonly IObjectStore lake;
    private readonly TimeProvider time;
    private readonly TableCatalogueOptions options;

    // Metadata files never change, so the last one read of each table stays right for as long as the pointer names it.
    private readonly ConcurrentDictionary<TableIdentifier, TableState> states = new();

    // Commits of one process take turns per table; between processes the compare-and-swap decides.
    private readonly ConcurrentDictionary<TableIdentifier, SemaphoreSlim> turns = new();

    // Tables whose version hint this process has written.
    private readonly ConcurrentDictionary<TableIdentifier, long> hinted = new();

    // Tables whose version hint could not be written and is behind.
    private readonly ConcurrentDictionary<TableIdentifier, bool> overdue = new();

    /// <param name="database">Pointers and ledger.</param>
    /// <param name="lake">Metadata and data objects; a table lives under <c>NAMESPACE/NAME</c> as it was created.</param>
    /// <param name="time">Clock for snapshot times.</param>
    /// <param name="options">Limits.</param>
    public TableCatalogue(MetadataDatabase database, IObjectStore lake, TimeProvider time, TableCatalogueOptions? options = null)
    {
        this.database = database;
        this.lake = lake;
        this.time = time;
        this.options = options ?? new TableCatalogueOptions();
        LakeSchema.Migrate(database);
    }

    /// <summary>Is told of the reads that are served; null when nobody wants to know.</summary>
    public TableAccess? Access { get; init; }

    /// <summary>All tables, by name.</summary>
    public ValueTask<IReadOnlyList<TableIdentifier>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<TableIdentifier>>(
            async session => (await session.QueryAsync<(string Namespace, string Name)>("SELECT namespace, name FROM tables ORDER BY namespace, name").ConfigureAwait(false))
                .Select(row => new TableIdentifier(row.Namespace, row.Name)).ToList(),
            cancellationToken);

    /// <summary>A table, or null when there is none.</summary>
    public async ValueTask<Table?> FindAsync(TableIdentifier identifier, CancellationToken cancellationToken) =>
        (await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false))?.Table;

    /// <summary>A table.</summary>
    /// <exception cref="MeshException"><c>MESH8102</c> when there is none; names the similar ones.</exception>
    public async ValueTask<Table> LoadAsync(TableIdentifier identifier, CancellationToken cancellationToken) =>
        (await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>
    /// Writes the version hints that a full disk kept from being written, so that readers without a catalogue catch up although no further
    /// commit comes. What fails again stays overdue.
    /// </summary>
    /// <exception cref="MeshException">The database or a table's metadata cannot be read.</exception>
    public async ValueTask PublishOverdueHintsAsync(CancellationToken cancellationToken)
    {
        foreach (var identifier in overdue.Keys)
        {
            using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
            if (await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false) is { } state) await PublishVersionHintAsync(state).ConfigureAwait(false);
            else overdue.TryRemove(identifier, out _);
        }
    }

    internal async ValueTask<TableState> LoadStateAsync(TableIdentifier identifier, CancellationToken cancellationToken)
    {
        if (await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false) is { } state) return state;
        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        var similar = all.Select(other => other.ToString()).Where(other => Similarity.IsSimilar(other, identifier.ToString())).Take(5).ToList();
        string hint = similar.Count > 0 ? $"Did you mean {string.Join(", ", similar)}?" : "`mesh products list` shows the tables.";
        throw new MeshException("MESH8102", $"There is no table {identifier}. {hint}");
    }

    /// <summary>Keeps commits to a table from this process out until the result is disposed.</summary>
    internal async ValueTask<IDisposable> LockAsync(TableIdentifier identifier, CancellationToken cancellationToken)
    {
        var turn = turns.GetOrAdd(identifier, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(turn);
    }

    internal async ValueTask<ReadOnlyMemory<byte>> ReadObjectAsync(string uri, CancellationToken cancellationToken)
    {
        var source = await lake.OpenAsync(lake.KeyOf(uri), cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            byte[] bytes = new byte[checked((int)source.Length)];
            int read = await source.ReadAtAsync(0, bytes, cancellationToken).ConfigureAwait(false);
            return bytes.AsMemory(0, read);
        }
    }

    private async ValueTask<TableState?> FindStateAsync(TableIdentifier identifier, CancellationToken cancellationToken)
    {
        var (metadataUri, version) = await database.ReadAsync(
            session => session.FirstOrDefaultAsync<(string? MetadataUri, long Version)>(
                "SELECT metadata_uri, version FROM tables WHERE namespace = @Namespace AND name = @Name", identifier),
            cancellationToken).ConfigureAwait(false);
        if (metadataUri is null) return null;
        if (states.TryGetValue(identifier, out var cached) && cached.MetadataUri == metadataUri) return cached;
        var bytes = await ReadObjectAsync(metadataUri, cancellationToken).ConfigureAwait(false);
        var state = new TableState(identifier, metadataUri, version, TableMetadataReader.Read(bytes, metadataUri));
        states[identifier] = state;
        return state;
    }

    /// <summary>Writes the next metadata file of a table; it counts for nothing until the pointer names it.</summary>
    private async ValueTask<TableState> WriteMetadataAsync(TableState? previous, TableIdentifier identifier, TableMetadata metadata, CancellationToken cancellationToken)
    {
        long version = (previous?.Version ?? 0) + 1;
        string key = $"{lake.KeyOf(metadata.Location)}/metadata/{version:D5}-{Guid.NewGuid()}.metadata.json";
        await lake.PutAsync(key, TableMetadataWriter.Write(metadata), PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        return new TableState(identifier, lake.UriOf(key), version, metadata);
    }

    /// <summary>Moves the pointer from one metadata file to the next, inside the caller's transaction.</summary>
    /// <exception cref="CommitConflictException">Somebody else has moved it.</exception>
    private static async Task SwapPointerAsync(MetadataTransaction transaction, TableState from, TableState to)
    {
        int swapped = await transaction.ExecuteAsync(
            $"UPDATE tables SET metadata_uri = @MetadataUri, version = @Version, {TableFigures.Assignments} WHERE uuid = @Uuid AND metadata_uri = @from",
            TableFigures.Of(to).With(("Version", to.Version), ("Uuid", from.Metadata.TableUuid.ToString()), ("from", from.MetadataUri))).ConfigureAwait(false);
        if (swapped == 0) throw new CommitConflictException();
    }

    /// <summary>Metadata of the next version: the previous file goes into the log, of which the newest entries stay.</summary>
    internal TableMetadata Succeed(TableState state) => state.Metadata with
    {
        LastUpdatedMs = NowMs(state.Metadata),
        MetadataLog = [.. state.Metadata.MetadataLog
            .Append(new MetadataLogEntry(state.Metadata.LastUpdatedMs, state.MetadataUri))
            .TakeLast(options.MaxPreviousMetadataFiles)],
    };

    /// <summary>Now, but never before the table's last change: a clock set back must not make history run backwards.</summary>
    private long NowMs(TableMetadata metadata) => Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), metadata.LastUpdatedMs);

    /// <summary>
    /// Prepares a change to <paramref name="state"/>. What is missing because the table has moved on and its older snapshots were expired
    /// meanwhile is a conflict like any other.
    /// </summary>
    /// <exception cref="CommitConflictException">The state is no longer the table's.</exception>
    private async ValueTask<T> WhileCurrentAsync<T>(TableState state, Func<ValueTask<T>> prepare, CancellationToken cancellationToken)
    {
        try
        {
            return await prepare().ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            var now = await FindStateAsync(state.Identifier, cancellationToken).ConfigureAwait(false);
            if (now is null || now.MetadataUri == state.MetadataUri) throw;
            throw new CommitConflictException();
        }
    }

    /// <summary>Deletes what a failed attempt wrote. A leftover is harmless: the sweep finds it.</summary>
    private async ValueTask TryDeleteAsync(IEnumerable<string> uris)
    {
        foreach (string uri in uris)
        {
            try
            {
                await lake.DeleteAsync(lake.KeyOf(uri), CancellationToken.None).ConfigureAwait(false);
            }
            catch (MeshException)
            {
                return;
            }
        }
    }

    /// <summary>What follows a commit and may fail without harm: file-based readers get their hint, old metadata files go.</summary>
    private async ValueTask AfterCommitAsync(TableState before, TableState after)
    {
        states[after.Identifier] = after;
        await PublishVersionHintAsync(after).ConfigureAwait(false);
        var kept = after.Metadata.MetadataLog.Select(entry => entry.MetadataUri).Append(after.MetadataUri).ToHashSet(StringComparer.Ordinal);
        await TryDeleteAsync(before.Metadata.MetadataLog.Select(entry => entry.MetadataUri).Where(uri => !kept.Contains(uri))).ConfigureAwait(false);
    }

    /// <summary>
    /// Readers that know no catalogue look for <c>version-hint.text</c> and then <c>vN.metadata.json</c>: a copy of the metadata under
    /// that name, and the hint after it. Best effort, and repaired by the next commit: the pointer in the database is the truth.
    /// </summary>
    private async ValueTask PublishVersionHintAsync(TableState state)
    {
        const int KeptCopies = 10;
        try
        {
            string folder = $"{lake.KeyOf(state.Metadata.Location)}/metadata";
            await lake.PutAsync($"{folder}/v{state.Version}.metadata.json", TableMetadataWriter.Write(state.Metadata), PutMode.Overwrite, CancellationToken.None)
                .ConfigureAwait(false);
            await lake.PutAsync($"{folder}/version-hint.text", System.Text.Encoding.ASCII.GetBytes($"{state.Version}"), PutMode.Overwrite, CancellationToken.None)
                .ConfigureAwait(false);
            hinted[state.Identifier] = state.Version;
            overdue.TryRemove(state.Identifier, out _);
            if (state.Version > KeptCopies)
            {
                await lake.DeleteAsync($"{folder}/v{state.Version - KeptCopies}.metadata.json", CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (MeshException)
        {
            // The commit stands; the next one publishes again, or whoever asks for what is overdue.
            overdue[state.Identifier] = true;
        }
    }

    private static string KeyOf(TableIdentifier identifier) => $"{identifier.Namespace}/{identifier.Name}";

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }

    /// <summary>The table has changed since it was loaded: load again and repeat.</summary>
    private sealed class CommitConflictException : Exception;
}
