using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Catalogue.TopicFed;

/// <summary>
/// Adds rows read from topics to tables, each row exactly once, whoever else writes them at the same time. The position is the table's own:
/// <c>mesh.source-offsets</c>, raised in the commit that adds the rows. Safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>A reader does, for every batch:</para>
/// <list type="number">
/// <item>read the table's offsets (<see cref="ReadOffsetsAsync"/>), drop the records that lie below, write the rest as files;</item>
/// <item>commit (<see cref="TryAppendAsync"/>) with the offsets it has read. False means that another writer has committed meanwhile, a successor
/// after a rebalance or a predecessor that had stalled: begin again with the first step, on the same records;</item>
/// <item>when a commit fails and may have happened all the same, begin again with the first step too: the offsets tell;</item>
/// <item>once every table of the batch has committed, move the position it begins at after a restart (the group's offset, say). That one may lag
/// and be repeated, but must never be ahead of a table.</item>
/// </list>
/// <para>Files of a failed attempt are never referred to; the sweep removes them.</para>
/// </remarks>
/// <param name="catalogue">Tables.</param>
public sealed class TopicTableWriter(TableCatalogue catalogue)
{
    /// <summary>Next offsets by source (<see cref="Kafka.TopicSource.Key"/>): the table has what lies below. Empty when there is no table yet.</summary>
    public async ValueTask<IReadOnlyDictionary<string, long>> ReadOffsetsAsync(TableIdentifier table, CancellationToken cancellationToken) =>
        await catalogue.FindAsync(table, cancellationToken).ConfigureAwait(false) is { } found ? SourceOffsets.Of(found) : new Dictionary<string, long>();

    /// <summary>Adds the files in one snapshot, raises the table's offsets and announces the snapshot, all in one transaction or not at all.</summary>
    /// <returns>False when the table's offsets are not those of the slices: nothing has been committed.</returns>
    /// <exception cref="MeshException">As <see cref="TableCatalogue.AppendAsync"/>; after one that is transient the commit may have happened.</exception>
    public async ValueTask<bool> TryAppendAsync(TopicAppend append, CancellationToken cancellationToken)
    {
        if (append.Slices.FirstOrDefault(slice => slice.NextOffset < slice.TableOffset) is { } backwards)
        {
            throw new ArgumentException($"The slice of {backwards.Source} ends before the table's offset.", nameof(append));
        }

        var request = new AppendRequest
        {
            Files = append.Files,
            SourceOffsets = append.Slices.ToDictionary(slice => slice.Source, slice => slice.NextOffset),
            ExpectedSourceOffsets = append.Slices.ToDictionary(slice => slice.Source, slice => slice.TableOffset),
            OnCommitting = async (transaction, table, _) =>
            {
                await AnnounceAsync(transaction, table, append).ConfigureAwait(false);
                if (append.Saving is { } saving) await saving(transaction).ConfigureAwait(false);
            },
        };
        try
        {
            await catalogue.AppendAsync(append.Table, request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MeshException exception) when (exception.Code == SourceOffsets.FencedCode)
        {
            return false;
        }
    }

    private static Task AnnounceAsync(MetadataTransaction transaction, Table table, TopicAppend append)
    {
        SnapshotCommitted committed = SnapshotAnnouncement.Describe(table, table.CurrentSnapshot!);
        committed.AddedRows = append.Files.Sum(file => file.RowCount);
        committed.AddedFiles = append.Files.Count;
        committed.AddedBytes = append.Files.Sum(file => file.FileBytes);
        committed.MinLogTimeUs = append.MinLogTimeUs;
        committed.MaxLogTimeUs = append.MaxLogTimeUs;
        committed.AddedDurationUs = append.MaxLogTimeUs - append.MinLogTimeUs;
        if (append.Topology.Length > 0) committed.Topologies.Add(append.Topology);
        return SnapshotAnnouncement.AddAsync(transaction, committed);
    }
}
