using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse;

/// <summary>A file to add under a partition spec.</summary>
internal readonly record struct AddedFile(DataFile File, int PartitionSpecId)
{
    /// <summary>The file under the spec that it names, or else the table's current one.</summary>
    public static AddedFile Of(DataFile file, TableMetadata metadata) => new(file, file.PartitionSpecId ?? metadata.DefaultSpecId);
}

/// <summary>What a snapshot does to the files of a table.</summary>
internal sealed record SnapshotChange
{
    /// <summary><c>append</c>, <c>replace</c>, <c>overwrite</c> or <c>delete</c> (Iceberg specification, "Snapshots").</summary>
    public required string Operation { get; init; }

    /// <summary>Files of rows and of deletes to add.</summary>
    public IReadOnlyList<AddedFile> Added { get; init; } = [];

    /// <summary>URIs of files to take out.</summary>
    public IReadOnlySet<string> RemovedUris { get; init; } = new HashSet<string>();

    /// <summary>Manifests to look for the removed files in first; null when nothing is known of where they are.</summary>
    public Func<ManifestFile, bool>? Likely { get; init; }

    /// <summary>Entries for the summary.</summary>
    public IReadOnlyDictionary<string, string> Summary { get; init; } = new Dictionary<string, string>();
}
