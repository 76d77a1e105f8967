namespace Mesh.Training.Loading;

/// <summary>What becomes of the recordings of frozen hold-outs.</summary>
public enum HoldoutUse
{
    /// <summary>Left out: what is trained on.</summary>
    Exclude,

    /// <summary>Nothing but these: what is examined.</summary>
    Only,

    /// <summary>Read like all others.</summary>
    Include,
}
