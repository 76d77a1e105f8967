namespace Mesh.Training.Governance.Policy;

/// <summary>A condition of a transition.</summary>
public sealed record GateRule
{
    /// <summary>What it looks at.</summary>
    public required GateKind Kind { get; init; }

    /// <summary>Name of the metric, where it looks at one.</summary>
    public string Metric { get; init; } = "";

    /// <summary>Smallest value that passes.</summary>
    public double? Min { get; init; }

    /// <summary>Largest value that passes.</summary>
    public double? Max { get; init; }

    /// <summary>How much worse than the released version's the value may be.</summary>
    public double MaxRegression { get; init; }

    /// <summary>Whether less is better (default: more is).</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Column whose values are the slices.</summary>
    public string By { get; init; } = "";

    /// <summary>Slices that must be there.</summary>
    public IReadOnlyList<string> Require { get; init; } = [];

    /// <summary>Samples below which a slice says nothing (default: 1).</summary>
    public long MinSamples { get; init; } = 1;

    /// <summary>Frozen hold-out; empty: the trainer's own, or, for a hold-out gate, all of them.</summary>
    public string Holdout { get; init; } = "";

    /// <summary>Places of damage that the recordings may have in all; null for any number.</summary>
    public long? MaxLosses { get; init; }

    /// <summary>Share of their messages that may be dead letters; null for any.</summary>
    public double? MaxDeadLetterShare { get; init; }

    /// <summary>The gate as the file writes it.</summary>
    public string Name => char.ToLowerInvariant(Kind.ToString()[0]) + Kind.ToString()[1..];
}
