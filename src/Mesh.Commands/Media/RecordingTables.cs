using System.Runtime.CompilerServices;
using System.Text;
using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Media;

/// <summary>Finds the channels of recordings in the lake, and reads just their rows.</summary>
internal sealed class RecordingTables(RecordingStore recordings, TableCatalogue tables)
{
    private const string IdColumn = "recording_id";
    private const int BoundLength = 16;

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

        var recording = new LakeRecording(entry, [.. sources.Values], 0, 0);
        var (start, end) = await recordings.FindLogTimesAsync(id, cancellationToken).ConfigureAwait(false) ?? await MeasureAsync(recording, cancellationToken).ConfigureAwait(false);
        return recording with { StartNs = start, EndNs = end };
    }

    /// <summary>First and last log time by looking: accounts of older programs do not say.</summary>
    private async Task<(long StartNs, long EndNs)> MeasureAsync(LakeRecording recording, CancellationToken cancellationToken)
    {
        long start = long.MaxValue, end = long.MinValue;
        foreach (var table in recording.Sources.Select(source => source.Table).DistinctBy(table => table.Identifier))
        {
            await foreach (var batch in ScanAsync(recording, table, ["log_time_ns"], [], cancellationToken).ConfigureAwait(false))
            {
                foreach (long time in batch.Columns[0].Values<long>()) (start, end) = (Math.Min(start, time), Math.Max(end, time));
            }
        }

        return start <= end ? (start, end) : (0, 0);
    }

    /// <summary>Rows of a recording in one table, by the snapshot that was looked up; files, row groups and pages without any are not read.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="table">The table.</param>
    /// <param name="columns">Top-level columns.</param>
    /// <param name="conditions">Further conditions.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async IAsyncEnumerable<RecordBatch> ScanAsync(
        LakeRecording recording, Table table, IReadOnlyList<string> columns, IReadOnlyList<Predicate> conditions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (table.CurrentSnapshot is not { } snapshot) yield break;
        string id = recording.Entry.IngestId.ToString();
        var ofRecording = new AndPredicate([new ComparisonPredicate(IdColumn, ComparisonOperator.Equal, id), .. conditions]);
        Predicate? alone = conditions.Count > 0 ? new AndPredicate(conditions) : null;
        int field = table.Schema.Fields[table.Schema.IndexOf(IdColumn)].Id;
        var plan = new ScanOptions { SnapshotId = snapshot.SnapshotId, Filter = ofRecording, IncludeMetrics = true };
        await foreach (var file in tables.PlanAsync(table.Identifier, plan, cancellationToken).ConfigureAwait(false))
        {
            // Most files hold one recording until they are compacted; comparing 64 digits a row would be most of the work.
            var filter = HoldsOnly(file.File, field, id) ? alone : ofRecording;
            await foreach (var batch in tables.ReadFileAsync(table.Identifier, file, columns, filter, cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    /// <summary>
    /// Whether a file's bounds leave room for one recording only. Bounds of text are cut after 16 characters, the upper one then rounded up: what is between them
    /// begins with the same 64 bits of a SHA-256.
    /// </summary>
    private static bool HoldsOnly(DataFile file, int field, string id)
    {
        foreach (var metrics in file.Columns)
        {
            if (metrics.FieldId != field) continue;
            if (metrics is not { NullCount: 0, LowerBound: { Length: >= BoundLength } lower, UpperBound: { Length: >= BoundLength } upper }) return false;
            Span<byte> prefix = stackalloc byte[BoundLength];
            Encoding.ASCII.GetBytes(id.AsSpan(0, BoundLength), prefix);
            if (!lower.AsSpan(0, BoundLength).SequenceEqual(prefix)) return false;
            if (upper.AsSpan().StartsWith(prefix)) return true;
            prefix[^1]++;
            return upper.AsSpan().SequenceEqual(prefix);
        }

        return false;
    }
}
