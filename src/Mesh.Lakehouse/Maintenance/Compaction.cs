using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Reading;
using Mesh.Lakehouse.Rows;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Rewrites small or unsorted files of a table into large ones, beside running writers. The rows stay the same: what is removed and what takes
/// its place is one commit, and it is refused where deletes came in between. A run that dies leaves orphans and the commits it has made.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="options">What and how much.</param>
public sealed class Compaction(TableCatalogue catalogue, IObjectStore lake, CompactionOptions options)
{
    /// <summary>Files that one run plans with; the rest waits for the next. Bounds the plan's memory (about 1 kB a file).</summary>
    private const int MaxPlannedFiles = 200_000;

    private readonly Dictionary<string, int> usesOfDeletes = new(StringComparer.Ordinal);
    private readonly List<Rewritten> pending = [];
    private readonly List<string> conflicts = [];
    private CompactionReport report = null!;

    /// <summary>Compacts one table. An instance is for one run.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="dryRun">Whether only the plan is wanted; nothing is read but metadata then, and nothing is changed.</param>
    /// <param name="cancellationToken">Stops; what has been committed stays.</param>
    /// <exception cref="MeshException"><c>MESH8102</c> no such table; <c>MESH8109</c> no such column to sort by; whatever reading a file may find.</exception>
    public async ValueTask<CompactionReport> RunAsync(TableIdentifier identifier, bool dryRun, CancellationToken cancellationToken)
    {
        var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var table = state.Table;
        var sortBy = SortColumns(table);
        report = new CompactionReport
        {
            Table = identifier.ToString(), DryRun = dryRun, Strategy = options.Strategy, Groups = [], FilesBefore = 0, FilesAfter = 0,
        };
        if (table.CurrentSnapshot is not { } snapshot) return report;

        var (groups, files, bytesLeft) = await PlanAsync(state, snapshot, cancellationToken).ConfigureAwait(false);
        report = report with
        {
            Groups = [.. groups.Select(group => Describe(table, group))],
            FilesBefore = files,
            FilesAfter = files,
            BytesLeft = bytesLeft,
        };
        if (dryRun)
        {
            long after = groups.Sum(group => CompactionPlan.OutputFiles(group.Sum(file => file.File.FileBytes), options.TargetFileBytes));
            long removed = groups.Sum(group => (long)group.Count);
            return report with { FilesAfter = files - removed + after, FilesRemoved = removed, FilesAdded = after, BytesRemoved = report.Groups.Sum(group => group.Bytes) };
        }

        foreach (var group in groups)
        {
            pending.Add(await RewriteAsync(state, group, sortBy, cancellationToken).ConfigureAwait(false));
            if (pending.Sum(rewritten => rewritten.InputBytes) >= options.CommitBytes) await CommitAsync(table, snapshot, cancellationToken).ConfigureAwait(false);
        }

        if (pending.Count > 0) await CommitAsync(table, snapshot, cancellationToken).ConfigureAwait(false);
        return report with { Conflicts = conflicts };
    }

    private IReadOnlyList<string> SortColumns(Table table)
    {
        if (options.Strategy != CompactionStrategy.Sort) return [];
        var columns = options.SortBy ?? table.SortBy;
        foreach (string column in columns)
        {
            if (table.Schema.IndexOf(column) >= 0) continue;
            throw new MeshException("MESH8109", $"Table {table.Identifier} has no column '{column}' to sort by. There are: {string.Join(", ", table.Schema.Fields.Select(field => field.Name))}.");
        }

        return columns.Count > 0
            ? columns
            : throw new MeshException("MESH8150", $"Table {table.Identifier} has no sort order. Name the columns, or compact it without sorting.");
    }

    private async ValueTask<(List<IReadOnlyList<PlannedFile>> Groups, long Files, long BytesLeft)> PlanAsync(
        TableState state, Snapshot snapshot, CancellationToken cancellationToken)
    {
        long files = 0;
        int planned = 0;
        long left = 0;
        int specId = state.Metadata.DefaultSpecId;
        long smallBytes = (long)(options.TargetFileBytes * options.SmallFileRatio);
        var partitions = new Dictionary<IReadOnlyList<object?>, List<PlannedFile>>(PartitionValuesComparer.Instance);
        await foreach (var file in catalogue.PlanAsync(state, new ScanOptions { SnapshotId = snapshot.SnapshotId }, cancellationToken).ConfigureAwait(false))
        {
            files++;
            foreach (var deletes in file.Deletes) usesOfDeletes[deletes.Uri] = usesOfDeletes.GetValueOrDefault(deletes.Uri) + 1;

            // Files of an earlier partition spec stay as they are: their rows may belong to several of today's partitions.
            if (file.PartitionSpecId != specId) continue;
            if (options.Strategy == CompactionStrategy.BinPack && file.File.FileBytes >= smallBytes && file.Deletes.Count == 0) continue;
            if (planned == MaxPlannedFiles)
            {
                left += file.File.FileBytes;
                continue;
            }

            planned++;
            if (!partitions.TryGetValue(file.File.Partition, out var list)) partitions.Add(file.File.Partition, list = []);
            list.Add(file);
        }

        var groups = new List<IReadOnlyList<PlannedFile>>();
        long bytes = 0;
        foreach (var partition in partitions.Values)
        {
            partition.Sort((x, y) => x.SequenceNumber.CompareTo(y.SequenceNumber));
            foreach (var group in CompactionPlan.Of(partition, options))
            {
                long groupBytes = group.Sum(file => file.File.FileBytes);
                if (bytes > 0 && bytes + groupBytes > options.MaxBytes)
                {
                    left += groupBytes;
                    continue;
                }

                bytes += groupBytes;
                groups.Add(group);
            }
        }

        return (groups, files, left);
    }

    private async ValueTask<Rewritten> RewriteAsync(TableState state, IReadOnlyList<PlannedFile> group, IReadOnlyList<string> sortBy, CancellationToken cancellationToken)
    {
        var table = state.Table;
        var output = new CompactedFiles(lake, table, group[0].File, options);
        await using (output.ConfigureAwait(false))
        {
            if (sortBy.Count == 0)
            {
                await foreach (var batch in ReadAsync(state, group, cancellationToken).ConfigureAwait(false)) await output.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var sort = new ExternalSort(table.Schema, sortBy, new ExternalSortOptions { MemoryBytes = options.SortMemoryBytes, SpillFolder = options.SpillFolder });
                await using (sort.ConfigureAwait(false))
                {
                    await foreach (var batch in ReadAsync(state, group, cancellationToken).ConfigureAwait(false)) await sort.AddAsync(batch, cancellationToken).ConfigureAwait(false);
                    await foreach (var batch in sort.ReadAsync(cancellationToken).ConfigureAwait(false)) await output.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                }
            }

            return new Rewritten(group, await output.CompleteAsync(cancellationToken).ConfigureAwait(false));
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadAsync(
        TableState state, IReadOnlyList<PlannedFile> group, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The schema stays the one the run began with, whatever evolves meanwhile: the new files are read as any older file is.
        var reader = new TableFileReader(lake, state.Metadata, state.Metadata.CurrentSchema, null);
        foreach (var file in group)
        {
            await foreach (var batch in reader.ReadAsync(file, cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    /// <summary>Puts the pending files in the place of theirs, in one snapshot.</summary>
    private async ValueTask CommitAsync(Table table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var batch = pending.ToList();
        pending.Clear();
        var deletes = ReleaseDeletes(batch);
        var replacement = new FileReplacement
        {
            ReadSnapshotId = snapshot.SnapshotId,
            RemovedUris = [.. batch.SelectMany(rewritten => rewritten.Inputs).Select(file => file.File.Uri), .. deletes],
            Added = [.. batch.SelectMany(rewritten => rewritten.Outputs)],
            Summary = new Dictionary<string, string> { ["mesh.maintenance"] = options.Strategy == CompactionStrategy.Sort ? "sort" : "compact" },
        };
        CrashPoint.Reach("maintenance.before-swap");
        try
        {
            await catalogue.ReplaceFilesAsync(table.Identifier, replacement, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == TableCatalogue.ReplacementConflict)
        {
            // Somebody has deleted rows of these files or rewritten them: theirs stands, ours is thrown away.
            foreach (var file in batch.SelectMany(rewritten => rewritten.Inputs).SelectMany(file => file.Deletes)) usesOfDeletes[file.Uri]++;
            conflicts.Add($"{exception.Code}: {exception.Message}");
            foreach (var file in replacement.Added) await lake.DeleteAsync(lake.KeyOf(file.Uri), CancellationToken.None).ConfigureAwait(false);
            return;
        }

        CrashPoint.Reach("maintenance.after-swap");
        long removed = batch.Sum(rewritten => (long)rewritten.Inputs.Count);
        long rowsIn = batch.Sum(rewritten => rewritten.Inputs.Sum(file => file.File.RowCount));
        long rowsOut = replacement.Added.Sum(file => file.RowCount);
        report = report with
        {
            FilesAfter = report.FilesAfter - removed + replacement.Added.Count,
            FilesRemoved = report.FilesRemoved + removed,
            FilesAdded = report.FilesAdded + replacement.Added.Count,
            BytesRemoved = report.BytesRemoved + batch.Sum(rewritten => rewritten.InputBytes),
            BytesAdded = report.BytesAdded + replacement.Added.Sum(file => file.FileBytes),
            Rows = report.Rows + rowsOut,
            RowsDropped = report.RowsDropped + rowsIn - rowsOut,
            DeleteFilesRemoved = report.DeleteFilesRemoved + deletes.Count,
            Commits = report.Commits + 1,
        };
    }

    /// <summary>Delete files that apply to nothing any more once these files are gone.</summary>
    private List<string> ReleaseDeletes(IReadOnlyList<Rewritten> batch)
    {
        var free = new List<string>();
        foreach (var deletes in batch.SelectMany(rewritten => rewritten.Inputs).SelectMany(file => file.Deletes))
        {
            if (--usesOfDeletes[deletes.Uri] == 0) free.Add(deletes.Uri);
        }

        return free;
    }

    private static CompactionGroup Describe(Table table, IReadOnlyList<PlannedFile> group)
    {
        var values = group[0].File.Partition;
        string partition = string.Join(", ", table.PartitionBy.Select((field, index) => $"{field.Name}={PartitionTransforms.ToPathText(field, values[index])}"));
        return new CompactionGroup(
            partition, group.Count, group.Sum(file => file.File.FileBytes), group.Sum(file => file.File.RowCount), group.Count(file => file.Deletes.Count > 0));
    }

    /// <summary>A group and what was written for it.</summary>
    private sealed record Rewritten(IReadOnlyList<PlannedFile> Inputs, IReadOnlyList<DataFile> Outputs)
    {
        public long InputBytes { get; } = Inputs.Sum(file => file.File.FileBytes);
    }
}
