namespace Mesh.Formats;

/// <summary>Formats of recordings.</summary>
public enum RecordingFormat
{
    /// <summary>MCAP.</summary>
    Mcap,

    /// <summary>ASAM MDF 4.x.</summary>
    Mdf4,

    /// <summary>ASAM MDF 2.x and 3.x.</summary>
    Mdf3,

    /// <summary>ROS 1 bag, format 2.0.</summary>
    Ros1Bag,

    /// <summary>ROS 2 bag in SQLite (<c>.db3</c>), or a folder with <c>metadata.yaml</c>.</summary>
    Ros2Bag,

    /// <summary>Vector BLF.</summary>
    Blf,

    /// <summary>Vector ASC.</summary>
    Asc,

    /// <summary>PEAK TRC.</summary>
    Trc,
}
