namespace Mesh.Training.Governance;

/// <summary>What somebody wants to decide.</summary>
public enum GovernanceAction
{
    /// <summary>Move a version to another state.</summary>
    Promote,
    /// <summary>Agree to the move that awaits approval.</summary>
    Approve,
    /// <summary>Go back to the version released before.</summary>
    Rollback,
    /// <summary>Give a version a name.</summary>
    Alias,
    /// <summary>Note that the consent to use recordings was withdrawn.</summary>
    Withdraw,
}
