namespace Mesh.Training.Search;

/// <summary>How the next trial's parameters are found.</summary>
public sealed record SamplerOptions
{
    /// <summary>The method (default: TPE).</summary>
    public SamplerKind Kind { get; init; }

    /// <summary>TPE: trials that must have ended before their results are used; until then points are random (default: 10).</summary>
    public int Startup { get; init; } = 10;

    /// <summary>TPE: share of the trials that counts as good, rounded up (default: 0.1).</summary>
    public double Gamma { get; init; } = 0.1;

    /// <summary>TPE: most trials that count as good (default: 25).</summary>
    public int MaxGood { get; init; } = 25;

    /// <summary>TPE: points drawn from the good density, of which the best is taken (default: 24).</summary>
    public int Candidates { get; init; } = 24;

    /// <summary>TPE: whether parameters are modelled together, so that it is learned which go with which (default: true).</summary>
    public bool Multivariate { get; init; } = true;

    /// <summary>Grid: most values of a parameter; spread evenly when it has more (default: 5).</summary>
    public int GridPoints { get; init; } = 5;
}
