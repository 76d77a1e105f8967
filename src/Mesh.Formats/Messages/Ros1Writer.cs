namespace Mesh.Formats.Messages;

/// <summary>Writes payloads as ROS 1 serialises them: little-endian, packed, texts without terminator (ROS wiki, "ROS/Technical Overview").</summary>
public sealed class Ros1Writer : PayloadWriter
{
    /// <summary>Starts with an empty message.</summary>
    public Ros1Writer() : base([], isAligned: false, isTerminated: false)
    {
    }
}
