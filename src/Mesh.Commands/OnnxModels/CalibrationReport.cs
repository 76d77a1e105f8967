namespace Mesh.Commands.OnnxModels;

/// <summary>Which data a model was calibrated on.</summary>
public sealed record CalibrationReport
{
    /// <summary>The directory; null when the samples came from a product.</summary>
    public string? Folder { get; init; }

    /// <summary>The product; null when the samples came from a directory.</summary>
    public string? Product { get; init; }

    /// <summary>Its table.</summary>
    public string? Table { get; init; }

    /// <summary>The snapshot that was read.</summary>
    public long? SnapshotId { get; init; }

    /// <summary>Columns in the order in which the model takes them.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>How many samples; null when nobody counted them.</summary>
    public int? Samples { get; init; }

    /// <summary>How many samples there were to draw from.</summary>
    public long? Candidates { get; init; }

    /// <summary>Seed of the draw.</summary>
    public long? Seed { get; init; }

    /// <summary>SHA-256 in hexadecimal over the identities of the rows, which does not depend on the order in which files were read.</summary>
    public string? RowsDigest { get; init; }
}
