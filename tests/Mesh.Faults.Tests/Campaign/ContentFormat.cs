namespace Mesh.Faults.Tests.Campaign;

/// <summary>Format of a recording.</summary>
internal enum ContentFormat
{
    Mcap,
    Mdf4,
    Ros1Bag,

    /// <summary>The database file alone, as a vehicle sends it.</summary>
    Ros2Bag,
}
