namespace Mesh.Training.Compression.Outcome;

/// <summary>A model in the comparison: the parent, or a variant.</summary>
public sealed record TradeOffRow
{
    /// <summary>Profile of the variant; <c>parent</c> for the model itself.</summary>
    public required string Name { get; init; }

    /// <summary>Target; empty for the parent.</summary>
    public required string Target { get; init; }

    /// <summary>State; <c>ready</c> for the parent.</summary>
    public required VariantStatus Status { get; init; }

    /// <summary>Why it is in this state.</summary>
    public required string Reason { get; init; }

    /// <summary>Share classified right; null without labels.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Share of samples with the parent's answer; null when the output is no vector of classes.</summary>
    public double? Agreement { get; init; }

    /// <summary>Largest difference of an output.</summary>
    public double? MaxAbsError { get; init; }

    /// <summary>Size of the file that was run.</summary>
    public long? Bytes { get; init; }

    /// <summary>Duration of a run.</summary>
    public VariantLatency? LatencyUs { get; init; }

    /// <summary>What ran it.</summary>
    public string? Runtime { get; init; }

    /// <summary>Whether it takes part in the comparison: made, within its bounds and measured.</summary>
    public bool IsCompared { get; init; }

    /// <summary>A row that is at least as good in everything and better in something; null when there is none.</summary>
    public string? DominatedBy { get; init; }

    /// <summary>What the comparison takes for quality: accuracy where it is known, else agreement.</summary>
    internal double? Quality(bool byAccuracy) => byAccuracy ? Accuracy : Agreement;
}
