namespace Mesh.Synchronise.Matching;

/// <summary>How the age penalty multiplies a duration. Both reproduce a reference to the last nanosecond; they differ by rounding.</summary>
public enum ApproximateTimeArithmetic
{
    /// <summary><c>ros::Duration * double</c>: through seconds as <see cref="double"/>, rounded to the nearest nanosecond.</summary>
    Ros1,

    /// <summary><c>rclcpp::Duration * double</c>: nanoseconds in extended precision, truncated.</summary>
    Ros2,
}
