namespace Mesh.Simulation.Sensors;

/// <summary>Angular velocity in rad/s and specific force in m/s², body frame.</summary>
internal readonly record struct ImuReading(double GyroX, double GyroY, double GyroZ, double AccelX, double AccelY, double AccelZ);

/// <summary>Degrees, degrees, metres; variance in m².</summary>
internal readonly record struct GnssReading(double Latitude, double Longitude, double Altitude, double HorizontalVariance, double VerticalVariance);

/// <summary>Wheels in rad/s, vehicle in m/s.</summary>
internal readonly record struct WheelReading(double FrontLeft, double FrontRight, double RearLeft, double RearRight, double Speed);
