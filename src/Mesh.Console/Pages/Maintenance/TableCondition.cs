using Mesh.Console.Components;

namespace Mesh.Console.Pages.Maintenance;

/// <summary>What the figures of a table's files say about it.</summary>
/// <param name="Kind">Kind of its badge.</param>
/// <param name="Word">A word or two.</param>
/// <param name="Sentence">In full.</param>
public sealed record TableCondition(string Kind, string Word, string Sentence)
{
    // Compaction takes files below this share of the target, and partitions with so many of them.
    private const double SmallShare = 0.75;
    private const int FewFiles = 5;

    /// <summary>Judges a table by the sum of its files: what a list knows without reading manifests.</summary>
    /// <param name="files">Data files.</param>
    /// <param name="bytes">Their bytes; 0 when the last writer did not tell.</param>
    /// <param name="snapshots">Snapshots kept.</param>
    /// <param name="targetFileBytes">Size that compaction aims at.</param>
    /// <param name="keptSnapshots">Newest snapshots that expiry keeps whatever their age.</param>
    public static TableCondition Of(long files, long bytes, long snapshots, long targetFileBytes, int keptSnapshots)
    {
        if (files == 0) return new("idle", "empty", "No data files.");
        if (bytes == 0) return new("idle", "not told", "The last writer did not tell how large its files are.");
        double average = (double)bytes / files;
        if (files >= FewFiles && average < targetFileBytes * SmallShare) return new("warn", "small files", $"{Format.Count(files)} files of {Format.Bytes(average)} on average, where {Format.Bytes(targetFileBytes)} is aimed at.");
        return snapshots > keptSnapshots * 5L
            ? new("warn", "long history", $"{Format.Count(snapshots)} snapshots are kept.")
            : new("ok", "in order", $"{Format.Count(files)} files of {Format.Bytes(average)} on average.");
    }
}
