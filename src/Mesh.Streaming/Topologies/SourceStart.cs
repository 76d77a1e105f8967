namespace Mesh.Streaming.Topologies;

/// <summary>Which uploads a topology reads when it first comes into force.</summary>
public enum SourceStart
{
    /// <summary>Those accepted from then on.</summary>
    Applied,
    /// <summary>All that the log still holds.</summary>
    Earliest,
}
