namespace Mesh.Commands.Media.Points;

/// <summary>Type of a number in a cloud, with the values of <c>sensor_msgs/PointField</c>.</summary>
public enum PointScalar
{
    /// <summary>8 bits, signed.</summary>
    Int8 = 1,
    /// <summary>8 bits.</summary>
    UInt8 = 2,
    /// <summary>16 bits, signed.</summary>
    Int16 = 3,
    /// <summary>16 bits.</summary>
    UInt16 = 4,
    /// <summary>32 bits, signed.</summary>
    Int32 = 5,
    /// <summary>32 bits.</summary>
    UInt32 = 6,
    /// <summary>Single precision.</summary>
    Float32 = 7,
    /// <summary>Double precision.</summary>
    Float64 = 8,
}
