namespace Mesh.Training.Handoff.Verification;

/// <summary>How a check of a bundle ended.</summary>
public enum CheckStatus
{
    /// <summary>Everything it looks at is in order.</summary>
    Passed,
    /// <summary>Something is wrong: the bundle must not be deployed.</summary>
    Failed,
    /// <summary>It was not made; the reason says why. Never a pass.</summary>
    Skipped,
}
