namespace Mesh.Commands.Signals;

/// <summary>Whether a signal can be drawn now.</summary>
public enum SignalState
{
    /// <summary>It can.</summary>
    Ready,

    /// <summary>Its pyramid is being built; asking again in some seconds helps.</summary>
    Building,

    /// <summary>It cannot: the reason is said.</summary>
    Absent,
}
