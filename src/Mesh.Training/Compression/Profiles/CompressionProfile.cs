using System.Text.Json;

namespace Mesh.Training.Compression.Profiles;

/// <summary>What is to be made of every model for one target.</summary>
public sealed record CompressionProfile
{
    /// <summary>Name; the variant's folder has it too.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required VariantTarget Target { get; init; }

    /// <summary>Numbers it computes with.</summary>
    public required ProfilePrecision Precision { get; init; }

    /// <summary>Share of the channels of each layer that is pruned before anything else, 0 to 0.9 (default: 0).</summary>
    public double Prune { get; init; }

    /// <summary>How it is quantised.</summary>
    public ProfileQuantisation Quantisation { get; init; } = new();

    /// <summary>Where samples come from.</summary>
    public ProfileCalibration Calibration { get; init; } = new();

    /// <summary>What it must hold.</summary>
    public ProfileBounds Bounds { get; init; } = new();

    /// <summary>Samples per run.</summary>
    public ProfileBatch Batch { get; init; } = new(1, 8, 32);

    /// <summary>The vendor's tool.</summary>
    public ProfileCompiler Compiler { get; init; } = new();

    /// <summary>What it is to run on.</summary>
    public ProfileHardware Hardware { get; init; } = new();

    /// <summary>Its model repository, for <see cref="VariantTarget.Triton"/>.</summary>
    public ProfileTriton Triton { get; init; } = new();

    /// <summary>The profile as its file has it.</summary>
    public JsonElement Settings { get; init; }
}
