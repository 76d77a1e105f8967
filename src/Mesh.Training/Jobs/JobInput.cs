using System.Text.Json.Serialization;

namespace Mesh.Training.Jobs;

/// <summary>A product's table at a snapshot, as a fixed list of files.</summary>
public sealed record JobInput
{
    /// <summary>Role of the input: <c>train</c>.</summary>
    public string Name { get; init; } = "train";

    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>The snapshot read; text in JSON, because it exceeds what JavaScript's numbers hold.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long SnapshotId { get; init; }

    /// <summary>What came after this snapshot is what made the rule fire; 0 from the beginning.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long FromSnapshotId { get; init; }

    /// <summary>
    /// Condition on the rows to use, as the rule's filter says; null for all. Files that cannot hold such rows are not listed, but those listed
    /// hold others too: a trainer applies it to the rows.
    /// </summary>
    public string? Filter { get; init; }

    /// <summary>Rows in all files, before the filter.</summary>
    public required long Rows { get; init; }

    /// <summary>The files, in order of their URI.</summary>
    public required IReadOnlyList<JobInputFile> Files { get; init; }
}
