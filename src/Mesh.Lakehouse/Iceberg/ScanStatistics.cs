namespace Mesh.Lakehouse.Iceberg;

/// <summary>What planning a scan had to look at; counted while the plan is read.</summary>
public sealed class ScanStatistics
{
    /// <summary>Manifests of the snapshot.</summary>
    public int ManifestsTotal { get; internal set; }

    /// <summary>Manifests that were read.</summary>
    public int ManifestsRead { get; internal set; }

    /// <summary>Manifests ruled out by their partition summaries or their age.</summary>
    public int ManifestsSkipped { get; internal set; }

    /// <summary>Data files that may hold matching rows.</summary>
    public long FilesKept { get; internal set; }

    /// <summary>Data files ruled out by partition values, bounds or age.</summary>
    public long FilesSkipped { get; internal set; }
}
