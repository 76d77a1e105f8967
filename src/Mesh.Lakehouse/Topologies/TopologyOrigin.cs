namespace Mesh.Lakehouse.Topologies;

/// <summary>How a topology came into force.</summary>
public enum TopologyOrigin
{
    /// <summary>It is the one the program brings along; a newer program may bring a newer text of it.</summary>
    BuiltIn,
    /// <summary>A server was started with its file.</summary>
    Started,
    /// <summary>It was applied to a running server.</summary>
    Applied,
}
