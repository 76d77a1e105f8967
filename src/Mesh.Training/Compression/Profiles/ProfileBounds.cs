namespace Mesh.Training.Compression.Profiles;

/// <summary>What a variant must hold beside its parent; outside of it, it is failed. A bound that cannot be evaluated is not held.</summary>
public sealed record ProfileBounds
{
    /// <summary>Most accuracy lost, as a share of all samples; null: not asked.</summary>
    public double? MaxAccuracyDrop { get; init; }

    /// <summary>Least share of samples with the parent's answer; null: not asked.</summary>
    public double? MinAgreement { get; init; }

    /// <summary>Largest difference of an output; null: not asked.</summary>
    public double? MaxAbsError { get; init; }
}
