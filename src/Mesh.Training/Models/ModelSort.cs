namespace Mesh.Training.Models;

/// <summary>What a list of versions is sorted by.</summary>
public enum ModelSort
{
    /// <summary>When it was registered.</summary>
    Registered,
    /// <summary>Name, then the newest version first.</summary>
    Name,
    /// <summary>State in the lifecycle, by its word.</summary>
    State,
    /// <summary>Size of its file.</summary>
    Bytes,
}
