namespace Mesh.Commands.Flow;

/// <summary>How a node is, the worst last.</summary>
public enum FlowHealth
{
    /// <summary>Nothing about it is measured.</summary>
    Unknown,
    /// <summary>It does what it should.</summary>
    Ok,
    /// <summary>Something waits in it and does not get on.</summary>
    Late,
    /// <summary>It has failed, or holds what somebody has to look at.</summary>
    Broken,
}
