using Mesh.Formats;

namespace Mesh.Simulation.Encoding;

/// <summary>Schemas as ROS recorders write them: the root definition, then its dependencies.</summary>
internal static class RosDefinitions
{
    private const string Separator = "================================================================================\n";

    private const string Time = Separator + """
        MSG: builtin_interfaces/Time
        int32 sec
        uint32 nanosec

        """;

    private const string Ros2Header = Separator + """
        MSG: std_msgs/Header
        # Time in the sensor's own clock.
        builtin_interfaces/Time stamp
        string frame_id

        """ + Time;

    private const string Ros1Header = Separator + """
        MSG: std_msgs/Header
        # Counts the messages of the channel.
        uint32 seq
        # Time in the sensor's own clock.
        time stamp
        string frame_id

        """;

    private const string Imu = """
        # Accelerations are in m/s^2, rotational velocity in rad/s.
        std_msgs/Header header

        geometry_msgs/Quaternion orientation
        float64[9] orientation_covariance # -1 in element 0: no estimate

        geometry_msgs/Vector3 angular_velocity
        float64[9] angular_velocity_covariance

        geometry_msgs/Vector3 linear_acceleration
        float64[9] linear_acceleration_covariance

        """;

    private const string Ros2Quaternion = Separator + """
        MSG: geometry_msgs/Quaternion
        float64 x 0
        float64 y 0
        float64 z 0
        float64 w 1

        """;

    // The language of ROS 1 has no default values.
    private const string Ros1Quaternion = Separator + """
        MSG: geometry_msgs/Quaternion
        float64 x
        float64 y
        float64 z
        float64 w

        """;

    private const string Vector3 = Separator + """
        MSG: geometry_msgs/Vector3
        float64 x
        float64 y
        float64 z

        """;

    private const string NavSatFix = """
        std_msgs/Header header
        sensor_msgs/NavSatStatus status
        # Degrees, degrees, metres above the WGS 84 ellipsoid.
        float64 latitude
        float64 longitude
        float64 altitude
        # Metres squared, east-north-up, row by row.
        float64[9] position_covariance
        uint8 COVARIANCE_TYPE_UNKNOWN = 0
        uint8 COVARIANCE_TYPE_APPROXIMATED = 1
        uint8 COVARIANCE_TYPE_DIAGONAL_KNOWN = 2
        uint8 COVARIANCE_TYPE_KNOWN = 3
        uint8 position_covariance_type

        """ + Separator + """
        MSG: sensor_msgs/NavSatStatus
        int8 STATUS_NO_FIX = -1
        int8 STATUS_FIX = 0
        int8 STATUS_SBAS_FIX = 1
        int8 STATUS_GBAS_FIX = 2
        int8 status
        uint16 SERVICE_GPS = 1
        uint16 SERVICE_GLONASS = 2
        uint16 SERVICE_COMPASS = 4
        uint16 SERVICE_GALILEO = 8
        uint16 service

        """;

    private const string WheelSpeeds = """
        std_msgs/Header header
        # rad/s
        float64 front_left
        float64 front_right
        float64 rear_left
        float64 rear_right
        # m/s
        float64 speed

        """;

    private const string CompressedImage = """
        std_msgs/Header header
        string format
        uint8[] data

        """;

    private const string PointCloud2 = """
        std_msgs/Header header
        uint32 height
        uint32 width
        sensor_msgs/PointField[] fields
        bool is_bigendian
        uint32 point_step # bytes of a point
        uint32 row_step # bytes of a row
        uint8[] data
        bool is_dense # no invalid points

        """ + Separator + """
        MSG: sensor_msgs/PointField
        uint8 INT8 = 1
        uint8 UINT8 = 2
        uint8 INT16 = 3
        uint8 UINT16 = 4
        uint8 INT32 = 5
        uint8 UINT32 = 6
        uint8 FLOAT32 = 7
        uint8 FLOAT64 = 8
        string name
        uint32 offset
        uint8 datatype
        uint32 count

        """;

    private const string Steering = """
        std_msgs/Header header
        # Angle of the steering wheel in rad, positive to the left.
        float64 angle

        """;

    private const string Label = """
        # Ground truth.
        std_msgs/Header header
        string label
        int32 class_id

        """;

    public static MessageSchema Of(DriveChannelKind kind, bool isRos1)
    {
        var (package, name, text) = kind switch
        {
            DriveChannelKind.Imu => ("sensor_msgs", "Imu", Imu + (isRos1 ? Ros1Quaternion : Ros2Quaternion) + Vector3),
            DriveChannelKind.Gnss => ("sensor_msgs", "NavSatFix", NavSatFix),
            DriveChannelKind.WheelSpeeds => ("mesh_msgs", "WheelSpeeds", WheelSpeeds),
            DriveChannelKind.Camera => ("sensor_msgs", "CompressedImage", CompressedImage),
            DriveChannelKind.Lidar => ("sensor_msgs", "PointCloud2", PointCloud2),
            DriveChannelKind.Steering => ("mesh_msgs", "Steering", Steering),
            _ => ("mesh_msgs", "Manoeuvre", Label),
        };
        return isRos1
            ? new MessageSchema($"{package}/{name}", "ros1msg", System.Text.Encoding.UTF8.GetBytes(text + Ros1Header))
            : new MessageSchema($"{package}/msg/{name}", "ros2msg", System.Text.Encoding.UTF8.GetBytes(text + Ros2Header));
    }
}
