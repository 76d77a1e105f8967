namespace Mesh.Training.Governance.Audit;

/// <summary>What was decided, or found.</summary>
public enum DecisionKind
{
    /// <summary>An identity got a key, or lost it.</summary>
    Identity,
    /// <summary>The gates of a transition were evaluated.</summary>
    Gates,
    /// <summary>A person agreed to a transition.</summary>
    Approval,
    /// <summary>A person refused a version.</summary>
    Rejection,
    /// <summary>A version went from one state to another.</summary>
    Transition,
    /// <summary>A version was released, and the one before it retired.</summary>
    Release,
    /// <summary>The version released before is the released one again.</summary>
    Rollback,
    /// <summary>A name of a version was moved.</summary>
    Alias,
    /// <summary>The consent to use recordings was withdrawn.</summary>
    Withdrawal,
    /// <summary>Data was set aside for comparing models.</summary>
    Holdout,
    /// <summary>A lifecycle came into force: from then on it is known what will be asked of versions.</summary>
    Policy,
}
