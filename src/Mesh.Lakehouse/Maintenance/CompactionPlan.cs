using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Chooses the files of one partition to rewrite, and divides them into groups.</summary>
internal static class CompactionPlan
{
    /// <param name="files">The partition's files, oldest first.</param>
    /// <param name="options">Sizes.</param>
    /// <returns>Groups in order; none when the partition is fine.</returns>
    public static IReadOnlyList<IReadOnlyList<PlannedFile>> Of(IReadOnlyList<PlannedFile> files, CompactionOptions options)
    {
        long smallBytes = (long)(options.TargetFileBytes * options.SmallFileRatio);
        bool isSort = options.Strategy == CompactionStrategy.Sort;
        var chosen = isSort ? files : [.. files.Where(file => file.File.FileBytes < smallBytes || file.Deletes.Count > 0)];

        var groups = new List<IReadOnlyList<PlannedFile>>();
        var group = new List<PlannedFile>();
        long bytes = 0;
        foreach (var file in chosen)
        {
            if (group.Count > 0 && bytes + file.File.FileBytes > options.GroupBytes) Close();
            group.Add(file);
            bytes += file.File.FileBytes;
        }

        Close();
        return groups;

        void Close()
        {
            if (IsWorthIt()) groups.Add(group);
            group = [];
            bytes = 0;
        }

        bool IsWorthIt()
        {
            if (group.Any(file => file.Deletes.Count > 0)) return true;
            if (group.Count == 0) return false;
            if (isSort) return true;

            // Rewriting as many files as come out again would go on for ever.
            return group.Count >= Math.Max(2, options.MinInputFiles) && OutputFiles(bytes, options.TargetFileBytes) < group.Count;
        }
    }

    /// <summary>Files that so many bytes make.</summary>
    public static long OutputFiles(long bytes, long targetBytes) => Math.Max(1, (bytes + targetBytes - 1) / targetBytes);
}
