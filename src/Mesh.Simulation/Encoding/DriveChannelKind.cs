namespace Mesh.Simulation.Encoding;

/// <summary>The channels of a drive.</summary>
internal enum DriveChannelKind
{
    Imu,
    Gnss,
    WheelSpeeds,
    Camera,
    Lidar,
    Steering,
    Labels,
}
