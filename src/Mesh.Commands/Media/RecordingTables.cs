using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Media;

/// <summary>Finds the channels of recordings in the lake, and reads just their rows.</summary>
internal sealed class RecordingTables(RecordingStore recordings, TableCatalogue tables)
{
    /// <summary>A recording with its channels; null when there is none.</summary>
    public async Task<LakeRecording?> FindAsync(IngestId id, CancellationToken cancellationToken)
    {
        if (await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } entry) return null;

        // Every topology has its own tables, and the newest version of each supersedes the others; a channel that is in several is shown once.
        var runs = entry.Runs.GroupBy(run => run.Topology).SelectMany(versions => versions.OrderByDescending(run => run.TopologyVersion.Length).ThenByDescending(run => run.TopologyVersion, StringComparer.Ordinal));
        var found = new Dictionary<string, Table?>(StringComparer.Ordinal);
        var sources = new SortedDictionary<(string Channel, string Schema), MediaSource>();
        foreach (var channel in runs.SelectMany(run => run.Channels))
        {
            if (channel.Table.Length == 0 || sources.ContainsKey((channel.Channel, channel.Schema))) continue;
            if (!found.TryGetValue(channel.Table, out var table))
            {
                table = await tables.FindAsync(TableIdentifier.Parse(channel.Table), cancellationToken).ConfigureAwait(false);
                found.Add(channel.Table, table);
            }

            if (table is not null) sources.Add((channel.Channel, channel.Schema), new MediaSource(channel.Channel, channel.Schema, table, MediaSource.Classify(table.Schema, channel.Schema)));
        }

        var (start, end) = await recordings.FindLogTimesAsync(id, cancellationToken).ConfigureAwait(false) ?? (0, 0);
        return new LakeRecording(entry, [.. sources.Values], start, end);
    }

    /// <summary>Rows of a recording in one table, by the snapshot that was looked up; files, row groups and pages without any are not read.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="table">The table.</param>
    /// <param name="columns">Top-level columns.</param>
    /// <param name="conditions">Further conditions.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public IAsyncEnumerable<RecordBatch> ScanAsync(
        LakeRecording recording, Table table, IReadOnlyList<string> columns, IEnumerable<Predicate> conditions, CancellationToken cancellationToken) => tables.ScanAsync(
        table.Identifier,
        new ScanOptions
        {
            SnapshotId = table.CurrentSnapshot?.SnapshotId, Columns = columns,
            Filter = new AndPredicate([new ComparisonPredicate("recording_id", ComparisonOperator.Equal, recording.Entry.IngestId.ToString()), .. conditions]),
        },
        cancellationToken);
}
