using System.Security.Cryptography;
using System.Text;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Adds file sets in one snapshot, at most once per (table, ingest id, topology version), retrying conflicts. Writes no snapshot when
    /// nothing is left to add, but still records sets without files in the ledger and the source offsets.
    /// </summary>
    /// <exception cref="MeshException">
    /// <c>MESH8106</c> when a file is missing, of another size or of another partitioning; <c>MESH8107</c> (transient) when others kept
    /// changing the table; <c>MESH8160</c> (transient) when the table's source offsets are not the expected ones. Nothing has been committed then.
    /// </exception>
    public async ValueTask<AppendOutcome> AppendAsync(TableIdentifier identifier, AppendRequest request, CancellationToken cancellationToken)
    {
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        string commitId = Guid.NewGuid().ToString();
        for (int attempt = 1; ; attempt++)
        {
            var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            SourceOffsets.Require(identifier, state.Metadata.Properties, request.ExpectedSourceOffsets);
            var (accepted, duplicates) = await SplitAsync(state, request.Sets, cancellationToken).ConfigureAwait(false);
            PreparedCommit? commit = null;
            try
            {
                commit = await WhileCurrentAsync(state, () => PrepareAsync(state, accepted, request, commitId, cancellationToken), cancellationToken).ConfigureAwait(false);
                if (accepted.Count == 0 && ReferenceEquals(commit.Next, state))
                {
                    // Also what a process finds that was killed right after the swap: it may have died before the hint.
                    if (!hinted.ContainsKey(identifier)) await PublishVersionHintAsync(state).ConfigureAwait(false);
                    return new AppendOutcome(state.Table, null, [], duplicates);
                }

                CrashPoint.Reach("lake.before-swap");
                await database.WriteAsync(
                    async transaction =>
                    {
                        if (!ReferenceEquals(commit.Next, state)) await SwapPointerAsync(transaction, state, commit.Next).ConfigureAwait(false);
                        CrashPoint.Reach("lake.mid-swap");
                        await AddToLedgerAsync(transaction, commit, accepted).ConfigureAwait(false);
                        if ((accepted.Count > 0 || request.Files.Count > 0) && request.OnCommitting is { } committing) await committing(transaction, commit.Next.Table, accepted).ConfigureAwait(false);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (CommitConflictException)
            {
                await TryDeleteAsync(commit?.WrittenUris ?? []).ConfigureAwait(false);
                await BackOffAsync(identifier, attempt, cancellationToken).ConfigureAwait(false);
                continue;
            }

            CrashPoint.Reach("lake.after-swap");
            if (!ReferenceEquals(commit.Next, state)) await AfterCommitAsync(state, commit.Next).ConfigureAwait(false);
            return new AppendOutcome(commit.Next.Table, commit.Snapshot, [.. accepted.Select(set => set.IngestId)], duplicates);
        }
    }

    /// <summary>Sets still to be added, and the uploads whose rows are there already.</summary>
    private async ValueTask<(List<IngestSet> Accepted, List<IngestId> Duplicates)> SplitAsync(
        TableState state, IReadOnlyList<IngestSet> sets, CancellationToken cancellationToken)
    {
        var known = await database.ReadAsync(
            async session =>
            {
                var found = new List<bool>(sets.Count);
                foreach (var set in sets)
                {
                    found.Add(await session.ScalarAsync<long>(
                        """
                        SELECT count(*) FROM ledger
                        WHERE table_uuid = @uuid AND ingest_id = @id AND topology = @Topology AND topology_version = @TopologyVersion
                            AND (snapshot_id IS NULL OR snapshot_id >= 0)
                        """,
                        new { uuid = state.Metadata.TableUuid.ToString(), id = set.IngestId.ToString(), set.Topology, set.TopologyVersion }).ConfigureAwait(false) > 0);
                }

                return found;
            },
            cancellationToken).ConfigureAwait(false);

        var accepted = new List<IngestSet>();
        var duplicates = new List<IngestId>();
        var keys = new HashSet<(IngestId, string, string)>();
        for (int i = 0; i < sets.Count; i++)
        {
            bool fresh = !known[i] && keys.Add((sets[i].IngestId, sets[i].Topology, sets[i].TopologyVersion));
            if (fresh) accepted.Add(sets[i]);
            else duplicates.Add(sets[i].IngestId);
        }

        return (accepted, duplicates);
    }

    /// <summary>Writes everything the commit will point to. Nothing of it is visible before the swap.</summary>
    private async ValueTask<PreparedCommit> PrepareAsync(
        TableState state, IReadOnlyList<IngestSet> accepted, AppendRequest request, string commitId, CancellationToken cancellationToken)
    {
        var properties = SourceOffsets.Raise(state.Metadata.Properties, request.SourceOffsets);
        var files = await CheckFilesAsync(state, [.. accepted.SelectMany(set => set.Files), .. request.Files], cancellationToken).ConfigureAwait(false);
        if (files.Count == 0 && properties is null) return new PreparedCommit(state, null, []);

        var written = new List<string>();
        Snapshot? snapshot = null;
        var metadata = Succeed(state) with { Properties = properties ?? state.Metadata.Properties };
        if (files.Count > 0)
        {
            var writer = new SnapshotWriter(this, lake, options, state, metadata.LastUpdatedMs);
            var change = new SnapshotChange
            {
                Operation = "append",
                Added = [.. files.Select(file => AddedFile.Of(file, state.Metadata))],
                Summary = Describe(accepted, commitId),
            };
            snapshot = await writer.WriteAsync(change, state.Metadata.CurrentSnapshot, cancellationToken).ConfigureAwait(false);
            written.AddRange(writer.WrittenUris);
            metadata = WithSnapshot(metadata, snapshot);
        }

        var next = await WriteMetadataAsync(state, state.Identifier, metadata, cancellationToken).ConfigureAwait(false);
        written.Add(next.MetadataUri);
        return new PreparedCommit(next, snapshot, written);
    }

    private async Task AddToLedgerAsync(MetadataTransaction transaction, PreparedCommit commit, IReadOnlyList<IngestSet> accepted)
    {
        foreach (var set in accepted)
        {
            int added = await transaction.ExecuteAsync(
                """
                INSERT INTO ledger (table_uuid, ingest_id, topology, topology_version, attempt_id, snapshot_id, committed_at)
                VALUES (@uuid, @id, @Topology, @TopologyVersion, @AttemptId, @snapshotId, @now)
                ON CONFLICT (table_uuid, ingest_id, topology, topology_version)
                DO UPDATE SET attempt_id = excluded.attempt_id, snapshot_id = excluded.snapshot_id, committed_at = excluded.committed_at
                WHERE ledger.snapshot_id < 0
                """,
                new
                {
                    uuid = commit.Next.Metadata.TableUuid.ToString(), id = set.IngestId.ToString(), set.Topology, set.TopologyVersion, set.AttemptId,
                    snapshotId = commit.Snapshot?.SnapshotId, now = time.GetUtcNow().ToUnixTimeMilliseconds(),
                }).ConfigureAwait(false);
            if (added == 0) throw new CommitConflictException();
        }
    }

    /// <summary>
    /// The files with partition values of the spec's types. What is not there, or not whole, must not be committed: a foreign reader
    /// would fail on the whole table.
    /// </summary>
    private async ValueTask<IReadOnlyList<DataFile>> CheckFilesAsync(TableState state, IReadOnlyList<DataFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0) return files;
        var layouts = new Dictionary<int, PartitionLayout>();
        var uris = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!uris.Add(file.Uri)) throw Refused(state, file, "it is listed twice");
            if (!file.Uri.StartsWith(state.Metadata.Location + "/", StringComparison.Ordinal)) throw Refused(state, file, $"it lies outside {state.Metadata.Location}");
            if (options.CheckFiles)
            {
                long? size = await lake.GetSizeAsync(lake.KeyOf(file.Uri), cancellationToken).ConfigureAwait(false);
                if (size is null) throw Refused(state, file, "it does not exist");
                if (size != file.FileBytes) throw Refused(state, file, $"it has {size:N0} bytes where {file.FileBytes:N0} are announced");
            }

            int specId = AddedFile.Of(file, state.Metadata).PartitionSpecId;
            if (!layouts.TryGetValue(specId, out var layout))
            {
                if (state.Metadata.PartitionSpecs.All(spec => spec.SpecId != specId)) throw Refused(state, file, $"the table has no partition spec {specId}");
                layouts.Add(specId, layout = PartitionLayout.Of(state.Metadata, specId));
            }

            RequirePartition(state, file, layout);
        }

        return files;
    }

    private static void RequirePartition(TableState state, DataFile file, PartitionLayout layout)
    {
        if (file.Partition.Count != layout.Types.Count) throw Refused(state, file, $"it has {file.Partition.Count} partition values where the table has {layout.Types.Count}");
        for (int i = 0; i < layout.Types.Count; i++)
        {
            if (file.Partition[i] is { } value && !SingleValues.Fits(value, layout.Types[i]))
            {
                throw Refused(state, file, $"partition value {i} is a {value.GetType().Name} where {IcebergTypes.ToText(layout.Types[i])} is expected");
            }
        }
    }

    /// <summary>What a snapshot says of the uploads whose rows it adds.</summary>
    private static Dictionary<string, string> Describe(IReadOnlyList<IngestSet> sets, string commitId)
    {
        var ingestIds = sets.Select(set => set.IngestId.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["mesh.commit-id"] = commitId,
            ["mesh.ingest-count"] = SnapshotSummary.Text(ingestIds.Count),
            ["mesh.ingest-digest"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', ingestIds)))),
        };
    }

    private static MeshException Refused(TableState state, DataFile file, string what) => new(
        "MESH8106", $"File '{file.Uri}' cannot be added to table {state.Identifier}: {what}. Write the upload's files again.");

    /// <summary>What a commit will do, with the objects written for it.</summary>
    private sealed record PreparedCommit(TableState Next, Snapshot? Snapshot, IReadOnlyList<string> WrittenUris);
}
