namespace Mesh.Training.Search;

/// <summary>How far a trial is.</summary>
public enum TrialState
{
    /// <summary>Asked for; its value is not known.</summary>
    Running,
    /// <summary>Ended with a value.</summary>
    Complete,
    /// <summary>Given up because others were better at the same step.</summary>
    Pruned,
    /// <summary>Ended without a value.</summary>
    Failed,
    /// <summary>Ended because the study was; says nothing about its parameters.</summary>
    Stopped,
}
