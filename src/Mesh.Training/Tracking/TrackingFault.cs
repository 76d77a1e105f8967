namespace Mesh.Training.Tracking;

/// <summary>Kinds of refusals, which protocols have words for.</summary>
public enum TrackingFault
{
    /// <summary>A value is wrong.</summary>
    Invalid,

    /// <summary>There is no such thing.</summary>
    Missing,

    /// <summary>There is one already.</summary>
    Exists,

    /// <summary>It is not for clients to do.</summary>
    Forbidden,

    /// <summary>The server does not have this function.</summary>
    Unknown,
}
