namespace Mesh.Synchronise;

/// <summary>The tables a group writes.</summary>
public enum SynchronisedTable
{
    /// <summary><c>synchronised_NAME</c>: a row per frame.</summary>
    Frames,
    /// <summary><c>synchronised_NAME_unmatched</c>: a row per sample that is in no frame, when they are kept.</summary>
    Unmatched,
}
