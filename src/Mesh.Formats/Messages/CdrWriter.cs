namespace Mesh.Formats.Messages;

/// <summary>Writes payloads in plain little-endian CDR with its encapsulation header (OMG DDS-XTypes 1.3, 7.4.1), as ROS 2 records them.</summary>
public sealed class CdrWriter : PayloadWriter
{
    /// <summary>Starts with an empty message.</summary>
    public CdrWriter() : base("\0\u0001\0\0"u8, isAligned: true, isTerminated: true)
    {
    }
}
