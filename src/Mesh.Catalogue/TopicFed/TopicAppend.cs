using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Catalogue.TopicFed;

/// <summary>What a table gets from topics in one commit.</summary>
public sealed record TopicAppend
{
    /// <summary>The table.</summary>
    public required TableIdentifier Table { get; init; }

    /// <summary>Where the rows come from; no source twice.</summary>
    public required IReadOnlyList<TopicSlice> Slices { get; init; }

    /// <summary>Files with those rows of the slices that the table did not have; may be empty.</summary>
    public required IReadOnlyList<DataFile> Files { get; init; }

    /// <summary>Earliest log time of the rows, microseconds; 0 when there are none.</summary>
    public long MinLogTimeUs { get; init; }

    /// <summary>Latest.</summary>
    public long MaxLogTimeUs { get; init; }

    /// <summary>Topology that asks for it, for rules and subscribers; empty for none.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Saves in the same transaction what belongs to the rows, when there are files; may be called again. What it throws undoes the commit.</summary>
    public Func<MetadataTransaction, Task>? Saving { get; init; }
}
