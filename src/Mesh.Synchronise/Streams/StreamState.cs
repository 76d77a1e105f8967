namespace Mesh.Synchronise.Streams;

/// <summary>Where a vehicle's frames are: what, with the messages from <see cref="FromOffset"/> on, makes its window again.</summary>
/// <param name="FromOffset">Offset of the earliest message that frames to come may need; the next offset when there is none.</param>
/// <param name="IsOpen">Whether messages from there on are to be read again; otherwise the numbers alone are the state.</param>
/// <param name="LatestNs">Latest stamp before that offset; null when the stream begins there.</param>
/// <param name="FloorNs">Stamps before it are late whatever the latest.</param>
/// <param name="FirstNs">Earliest time of a sample of the stream; no frame at a fixed rate lies before.</param>
/// <param name="DecidedNs">Frames up to this time have been made, or will never be.</param>
public readonly record struct StreamState(long FromOffset, bool IsOpen, long? LatestNs, long FloorNs, long FirstNs, long DecidedNs)
{
    /// <summary>That of a vehicle nothing has come of.</summary>
    public static StreamState New { get; } = new(0, false, null, long.MinValue, long.MaxValue, long.MinValue);
}
