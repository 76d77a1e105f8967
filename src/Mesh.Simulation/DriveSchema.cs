namespace Mesh.Simulation;

/// <summary>What the messages of a simulated recording are written in.</summary>
public enum DriveSchema
{
    /// <summary>ROS 2: <c>cdr</c> payloads with <c>ros2msg</c> schemas; in a ROS 1 bag ROS 1: <c>ros1</c> payloads with <c>ros1msg</c> schemas.</summary>
    Ros2,
    /// <summary>Protobuf with FileDescriptorSet schemas, package <c>mesh.sim.v1</c>.</summary>
    Protobuf,
}
