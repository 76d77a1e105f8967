namespace Mesh.Formats.Ros2Bag;

/// <summary>How a ROS 2 bag is written.</summary>
public sealed record Ros2BagWriterOptions
{
    /// <summary>Payload bytes written in one transaction (default: 16 MiB). More is faster; less loses less when the process dies.</summary>
    public long TransactionBytes { get; init; } = 16L << 20;

    /// <summary>ROS distribution named in the bag (default: <c>iron</c>, whose schema this is).</summary>
    public string Distribution { get; init; } = "iron";
}
