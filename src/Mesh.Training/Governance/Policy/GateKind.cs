namespace Mesh.Training.Governance.Policy;

/// <summary>What a gate looks at.</summary>
public enum GateKind
{
    /// <summary>A metric that the trainer reported.</summary>
    Metric,
    /// <summary>A metric compared with the released version's.</summary>
    Regression,
    /// <summary>A metric on parts of the hold-out: by vehicle, country, weather.</summary>
    Slices,
    /// <summary>A metric on disturbed inputs.</summary>
    Robustness,
    /// <summary>Damage and dead letters of the recordings it has seen.</summary>
    DataQuality,
    /// <summary>Whether it has seen a recording whose consent was withdrawn.</summary>
    Consent,
    /// <summary>Whether it has seen recordings of a frozen hold-out, and whether that is still what was frozen.</summary>
    Holdout,
    /// <summary>Whether its file is the one that was registered.</summary>
    Artifact,
}
