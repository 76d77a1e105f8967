namespace Mesh.Commands.OnnxModels;

/// <summary>Which rows of a data product a model is calibrated on.</summary>
public sealed record ProductCalibrationOptions
{
    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>Snapshot id, branch or tag (default: the current snapshot).</summary>
    public string? At { get; init; }

    /// <summary>Columns of numbers, dotted where nested, in the order of the model's last axis.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Condition on the rows; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Samples drawn at most (default: 256).</summary>
    public int Samples { get; init; } = 256;

    /// <summary>Seed of the draw (default: 7).</summary>
    public long Seed { get; init; } = 7;

    /// <summary>Samples in a batch (default: 32).</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Rows that are held to cut windows from (default: 4,000,000); more are refused.</summary>
    public int MaxRows { get; init; } = 4_000_000;
}
