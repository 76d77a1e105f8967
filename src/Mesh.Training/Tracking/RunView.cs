namespace Mesh.Training.Tracking;

/// <summary>Which runs or experiments are meant.</summary>
public enum RunView
{
    /// <summary>Those that were not deleted.</summary>
    Active,

    /// <summary>Those that were deleted.</summary>
    Deleted,

    /// <summary>Both.</summary>
    All,
}
