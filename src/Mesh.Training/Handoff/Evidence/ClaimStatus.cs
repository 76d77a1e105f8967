namespace Mesh.Training.Handoff.Evidence;

/// <summary>What became of a claim.</summary>
public enum ClaimStatus
{
    /// <summary>Shown by the evidence.</summary>
    Passed,
    /// <summary>The evidence shows that it does not hold.</summary>
    Failed,
    /// <summary>It does not hold or is not shown, and a person has accepted that for a time.</summary>
    Waived,
    /// <summary>Its check exists, but was not made.</summary>
    NotRun,
    /// <summary>There was nothing to judge it by; never a pass.</summary>
    NotEvaluated,
    /// <summary>The receiving side has to show it.</summary>
    CustomerResponsibility,
}
