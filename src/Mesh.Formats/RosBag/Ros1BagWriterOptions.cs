namespace Mesh.Formats.RosBag;

/// <summary>How ROS 1 bags are written.</summary>
public sealed record Ros1BagWriterOptions
{
    /// <summary>Compression of chunks (default: lz4). A chunk that does not shrink is stored as it is.</summary>
    public Ros1BagCompression Compression { get; init; } = Ros1BagCompression.Lz4;

    /// <summary>Bytes of records after which a chunk is closed (default: 768 KiB, as rosbag). A larger message makes its chunk larger.</summary>
    public int ChunkBytes { get; init; } = 768 << 10;
}
