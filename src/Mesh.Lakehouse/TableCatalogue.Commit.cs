using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Commits as other engines do: when every requirement holds, applies the updates and swaps the pointers of all tables in one transaction.
    /// A conflict with a faster commit is retried here as long as the requirements still hold; a requirement that fails is the writer's to solve.
    /// </summary>
    /// <param name="commits">One for each table.</param>
    /// <param name="announce">Called for every snapshot that becomes part of a <c>main</c>; null for none.</param>
    /// <param name="cancellationToken">Stops waiting and writing.</param>
    /// <returns>The tables as they are now, in the order of <paramref name="commits"/>.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH8130</c> a requirement failed; <c>MESH8131</c> an update would break the table; <c>MESH8102</c> no such table; <c>MESH8133</c> no such
    /// namespace; <c>MESH8107</c> (transient) others kept changing the tables. Nothing has been changed then.
    /// </exception>
    internal async ValueTask<IReadOnlyList<TableState>> CommitAsync(
        IReadOnlyList<TableCommit> commits, SnapshotAnnouncer? announce, CancellationToken cancellationToken)
    {
        foreach (var table in commits.GroupBy(commit => commit.Table))
        {
            if (table.Count() > 1) throw Refused(table.Key, "one transaction changes it twice");
        }

        // Always in the same order, so that two transactions of this process never wait for each other.
        var turns = new Stack<IDisposable>();
        try
        {
            foreach (var commit in commits.OrderBy(commit => commit.Table.ToString(), StringComparer.Ordinal))
            {
                turns.Push(await LockAsync(commit.Table, cancellationToken).ConfigureAwait(false));
            }

            return await CommitLockedAsync(commits, announce, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            while (turns.TryPop(out var turn)) turn.Dispose();
        }
    }

    private async ValueTask<IReadOnlyList<TableState>> CommitLockedAsync(
        IReadOnlyList<TableCommit> commits, SnapshotAnnouncer? announce, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var changes = new List<PreparedChange>();
            foreach (var commit in commits) changes.Add(await PrepareAsync(commit, cancellationToken).ConfigureAwait(false));
            for (int i = 0; i < changes.Count; i++)
            {
                if (changes[i].Metadata is not { } metadata) continue;
                changes[i] = changes[i] with
                {
                    Next = await WriteMetadataAsync(changes[i].Before, commits[i].Table, metadata, cancellationToken).ConfigureAwait(false),
                };
            }

            CrashPoint.Reach("lake.before-swap");
            try
            {
                await database.WriteAsync(
                    async transaction =>
                    {
                        foreach (var change in changes) await SwapAsync(transaction, change, announce).ConfigureAwait(false);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (CommitConflictException)
            {
                await TryDeleteAsync(changes.Where(change => change.Metadata is not null).Select(change => change.Next!.MetadataUri)).ConfigureAwait(false);
                await BackOffAsync(commits[0].Table, attempt, cancellationToken).ConfigureAwait(false);
                continue;
            }

            CrashPoint.Reach("lake.after-swap");
            foreach (var change in changes)
            {
                if (change.Metadata is null) continue;
                if (change.Before is { } before) await AfterCommitAsync(before, change.Next!).ConfigureAwait(false);
                else
                {
                    states[change.Next!.Identifier] = change.Next;
                    await PublishVersionHintAsync(change.Next).ConfigureAwait(false);
                }
            }

            return [.. changes.Select(change => change.Next!)];
        }
    }

    private async ValueTask<PreparedChange> PrepareAsync(TableCommit commit, CancellationToken cancellationToken)
    {
        var state = await FindStateAsync(commit.Table, cancellationToken).ConfigureAwait(false);
        bool creating = commit.Requirements.Any(requirement => requirement is AssertCreate);
        if (state is null && !creating) await LoadStateAsync(commit.Table, cancellationToken).ConfigureAwait(false);
        foreach (var requirement in commit.Requirements)
        {
            if (requirement.Violation(state?.Metadata) is { } violation)
            {
                throw new MeshException("MESH8130", $"Table {commit.Table} is not as the commit requires: {violation}. Load it again and repeat.");
            }
        }

        if (state is not null && commit.Updates.Count == 0) return new PreparedChange(state, null, [], state);
        TableMetadata start;
        if (state is not null) start = Succeed(state);
        else
        {
            RequireUsableName(commit.Table);
            await RequireNamespaceAsync(commit.Table.Namespace, cancellationToken).ConfigureAwait(false);
            var uuid = commit.Updates.OfType<AssignUuid>().LastOrDefault()?.Uuid ?? Guid.NewGuid();
            string location = await ChooseLocationAsync(commit.Table, uuid, cancellationToken).ConfigureAwait(false);
            start = TableMetadataBuilder.Empty(location, time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        var builder = new TableMetadataBuilder(commit.Table, start, state is null);
        foreach (var update in commit.Updates) builder.Apply(update);
        var metadata = builder.Build();
        RequireInLake(commit.Table, metadata.Location);
        foreach (var snapshot in builder.AddedSnapshots) await RequireReadableAsync(commit.Table, metadata, snapshot, cancellationToken).ConfigureAwait(false);
        return new PreparedChange(state, metadata, NewOnMain(state?.Metadata, metadata), null);
    }

    /// <summary>
    /// Holds what a snapshot names against the lake: a list or a manifest that is not there, or is not one, would make the whole table
    /// unreadable for everybody. Data files are the writer's word.
    /// </summary>
    private async ValueTask RequireReadableAsync(TableIdentifier table, TableMetadata metadata, Snapshot snapshot, CancellationToken cancellationToken)
    {
        RequireUnder(table, metadata.Location, snapshot.ManifestListUri);
        try
        {
            foreach (var manifest in await ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false))
            {
                if (metadata.PartitionSpecs.All(spec => spec.SpecId != manifest.PartitionSpecId)) throw Refused(table, $"'{manifest.Path}' has partition spec {manifest.PartitionSpecId}, which it does not have");
                if (manifest.SequenceNumber > snapshot.SequenceNumber) throw Refused(table, $"'{manifest.Path}' has sequence number {manifest.SequenceNumber}, later than its snapshot's {snapshot.SequenceNumber}");

                // The older ones were there before.
                if (manifest.AddedSnapshotId != snapshot.SnapshotId) continue;
                RequireUnder(table, metadata.Location, manifest.Path);
                long? length = await lake.GetSizeAsync(lake.KeyOf(manifest.Path), cancellationToken).ConfigureAwait(false);
                if (length != manifest.Length) throw Refused(table, $"the manifest '{manifest.Path}' has {length?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} bytes where its list says {manifest.Length}");
            }
        }
        catch (MeshException exception) when (!exception.IsTransient && exception.Code != "MESH8131")
        {
            throw new MeshException("MESH8131", $"The change of table {table} is refused: its snapshot {snapshot.SnapshotId} cannot be read. {exception.Message}", innerException: exception);
        }
    }

    private static void RequireUnder(TableIdentifier table, string location, string uri)
    {
        if (!uri.StartsWith(location + "/", StringComparison.Ordinal)) throw Refused(table, $"'{uri}' lies outside its location {location}");
    }

    private static async Task SwapAsync(MetadataTransaction transaction, PreparedChange change, SnapshotAnnouncer? announce)
    {
        if (change.Metadata is null)
        {
            // Nothing to change, but what the others of the transaction rely on must still hold.
            string pointer = change.Before!.MetadataUri;
            long same = await transaction.ScalarAsync<long>("SELECT count(*) FROM tables WHERE metadata_uri = @pointer", new { pointer }).ConfigureAwait(false);
            if (same == 0) throw new CommitConflictException();
            return;
        }

        var next = change.Next!;
        if (change.Before is not { } before) await InsertAsync(transaction, next).ConfigureAwait(false);
        else
        {
            if (next.Metadata.Location != before.Metadata.Location)
            {
                await RequireFreeAsync(transaction, next.Identifier, next.Metadata.Location, next.Identifier).ConfigureAwait(false);
                await transaction.ExecuteAsync(
                    "INSERT INTO retired_locations (location) VALUES (@Location) ON CONFLICT (location) DO NOTHING", new { before.Metadata.Location }).ConfigureAwait(false);
            }

            await SwapPointerAsync(transaction, before, next).ConfigureAwait(false);
        }

        if (announce is null) return;
        foreach (var snapshot in change.NewOnMain) await announce(transaction, next.Table, snapshot).ConfigureAwait(false);
    }

    /// <summary>Snapshots that readers of <c>main</c> see now and did not before, oldest first; none after a rollback.</summary>
    private static List<Snapshot> NewOnMain(TableMetadata? before, TableMetadata after)
    {
        var known = new HashSet<long>();
        for (var snapshot = before?.CurrentSnapshot; snapshot is not null && known.Add(snapshot.SnapshotId);)
        {
            snapshot = snapshot.ParentSnapshotId is { } parent ? before!.FindSnapshot(parent) : null;
        }

        var fresh = new List<Snapshot>();
        for (var snapshot = after.CurrentSnapshot; snapshot is not null && known.Add(snapshot.SnapshotId);)
        {
            fresh.Insert(0, snapshot);
            snapshot = snapshot.ParentSnapshotId is { } parent ? after.FindSnapshot(parent) : null;
        }

        return fresh;
    }

    /// <summary>What a commit does to one table.</summary>
    /// <param name="Before">The table; null when it is created.</param>
    /// <param name="Metadata">Its new metadata; null when nothing changes.</param>
    /// <param name="NewOnMain">Snapshots to announce.</param>
    /// <param name="Next">What the pointer will name.</param>
    private sealed record PreparedChange(TableState? Before, TableMetadata? Metadata, IReadOnlyList<Snapshot> NewOnMain, TableState? Next);
}
