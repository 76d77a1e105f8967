using System.Globalization;
using System.Reflection;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;

namespace Mesh.Lakehouse;

/// <summary>Counts of a snapshot (Iceberg specification, "Optional Snapshot Summary Fields").</summary>
internal static class SnapshotSummary
{
    public static IReadOnlyDictionary<string, string> Of(
        SnapshotChange change, IReadOnlyList<(ManifestEntry Entry, int PartitionSpecId)> removed, IReadOnlyList<ManifestFile> manifests, Snapshot? parent)
    {
        var summary = new Dictionary<string, string>(StringComparer.Ordinal) { ["operation"] = change.Operation };
        var added = Count(change.Added.Select(file => file.File));
        var gone = Count(removed.Select(file => file.Entry.File));
        Put(summary, "added-data-files", added.DataFiles);
        Put(summary, "deleted-data-files", gone.DataFiles);
        Put(summary, "added-records", added.Records);
        Put(summary, "deleted-records", gone.Records);
        Put(summary, "added-delete-files", added.PositionFiles + added.EqualityFiles);
        Put(summary, "removed-delete-files", gone.PositionFiles + gone.EqualityFiles);
        Put(summary, "added-position-delete-files", added.PositionFiles);
        Put(summary, "removed-position-delete-files", gone.PositionFiles);
        Put(summary, "added-equality-delete-files", added.EqualityFiles);
        Put(summary, "removed-equality-delete-files", gone.EqualityFiles);
        Put(summary, "added-position-deletes", added.PositionDeletes);
        Put(summary, "removed-position-deletes", gone.PositionDeletes);
        Put(summary, "added-equality-deletes", added.EqualityDeletes);
        Put(summary, "removed-equality-deletes", gone.EqualityDeletes);
        Put(summary, "added-files-size", added.Bytes);
        Put(summary, "removed-files-size", gone.Bytes);
        var partitions = new HashSet<PartitionKey>(change.Added.Select(file => new PartitionKey(file.PartitionSpecId, file.File.Partition)));
        partitions.UnionWith(removed.Select(file => new PartitionKey(file.PartitionSpecId, file.Entry.File.Partition)));
        summary["changed-partition-count"] = Text(partitions.Count);

        summary["total-data-files"] = Text(manifests.Where(manifest => manifest.Content == 0).Sum(manifest => manifest.LiveFiles));
        summary["total-records"] = Text(manifests.Where(manifest => manifest.Content == 0).Sum(manifest => manifest.LiveRows));
        summary["total-delete-files"] = Text(manifests.Where(manifest => manifest.Content != 0).Sum(manifest => manifest.LiveFiles));

        // Manifest lists carry neither sizes nor kinds of deletes: these totals are known only as far as every snapshot before has stated them.
        Carry(summary, parent, "total-files-size", added.Bytes - gone.Bytes);
        Carry(summary, parent, "total-position-deletes", added.PositionDeletes - gone.PositionDeletes);
        Carry(summary, parent, "total-equality-deletes", added.EqualityDeletes - gone.EqualityDeletes);
        foreach (var (key, value) in change.Summary) summary[key] = value;
        summary["mesh.code-version"] = typeof(SnapshotSummary).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        return summary;
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Put(Dictionary<string, string> summary, string key, long number)
    {
        if (number > 0) summary[key] = Text(number);
    }

    private static void Carry(Dictionary<string, string> summary, Snapshot? parent, string key, long change)
    {
        long before = 0;
        if (parent is null || (parent.Summary.TryGetValue(key, out string? text) && long.TryParse(text, CultureInfo.InvariantCulture, out before)))
        {
            summary[key] = Text(before + change);
        }
    }

    private static Totals Count(IEnumerable<DataFile> files)
    {
        var totals = new Totals();
        foreach (var file in files)
        {
            totals.Bytes += file.ContentBytes ?? file.FileBytes;
            switch (file.Content)
            {
                case DataFileContent.Data:
                    totals.DataFiles++;
                    totals.Records += file.RowCount;
                    break;
                case DataFileContent.PositionDeletes:
                    totals.PositionFiles++;
                    totals.PositionDeletes += file.RowCount;
                    break;
                default:
                    totals.EqualityFiles++;
                    totals.EqualityDeletes += file.RowCount;
                    break;
            }
        }

        return totals;
    }

    private sealed class Totals
    {
        public long DataFiles;
        public long Records;
        public long PositionFiles;
        public long PositionDeletes;
        public long EqualityFiles;
        public long EqualityDeletes;
        public long Bytes;
    }
}
