namespace Mesh.Training.Compression.Profiles;

/// <summary>Where samples come from.</summary>
public sealed record ProfileCalibration
{
    /// <summary>Folder with samples (docs/compression); null (the default): the data product that the model was trained on.</summary>
    public string? Folder { get; init; }

    /// <summary>Most samples that ranges are measured on (default: 256).</summary>
    public int Samples { get; init; } = 256;

    /// <summary>Most samples that variant and parent are compared on (default: 2000).</summary>
    public int ValidationSamples { get; init; } = 2000;
}
