namespace Mesh.Simulation;

/// <summary>What the vehicle really did at one moment, without any sensor's clock, bias or noise.</summary>
/// <param name="TimeNs">True time, nanoseconds since 1970.</param>
/// <param name="Speed">Metres per second.</param>
/// <param name="YawRate">Radians per second, positive to the left.</param>
/// <param name="SteeringWheelAngle">Radians, positive to the left.</param>
/// <param name="Heading">Radians anticlockwise from east, whole turns counted.</param>
public readonly record struct VehicleTruth(long TimeNs, double Speed, double YawRate, double SteeringWheelAngle, double Heading);
