using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Simulation.Sensors;

namespace Mesh.Simulation.Encoding;

/// <summary>ROS messages: of ROS 2 in CDR, or of ROS 1, whose headers count messages as well. The definitions are in <see cref="RosDefinitions"/>.</summary>
internal sealed class RosDriveEncoder(bool isRos1) : DriveEncoder
{
    private readonly PayloadWriter writer = isRos1 ? new Ros1Writer() : new CdrWriter();
    private readonly uint[] sequences = new uint[Enum.GetValues<DriveChannelKind>().Length];

    public override string MessageEncoding => isRos1 ? "ros1" : "cdr";

    public override string Profile => isRos1 ? "ros1" : "ros2";

    public override MessageSchema SchemaOf(DriveChannelKind kind) => RosDefinitions.Of(kind, isRos1);

    public override ReadOnlyMemory<byte> Imu(long stampNs, in ImuReading reading)
    {
        Begin(DriveChannelKind.Imu, stampNs, "imu_link");
        // REP 145: no orientation estimate is said by -1 in its covariance.
        Zeros(4);
        writer.Write(-1.0);
        Zeros(8);
        writer.Write(reading.GyroX);
        writer.Write(reading.GyroY);
        writer.Write(reading.GyroZ);
        Diagonal(4e-5, 4e-5);
        writer.Write(reading.AccelX);
        writer.Write(reading.AccelY);
        writer.Write(reading.AccelZ);
        Diagonal(0.04, 0.09);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Gnss(long stampNs, in GnssReading reading)
    {
        Begin(DriveChannelKind.Gnss, stampNs, "gnss_link");
        writer.Write((sbyte)0);
        writer.Write((ushort)1);
        writer.Write(reading.Latitude);
        writer.Write(reading.Longitude);
        writer.Write(reading.Altitude);
        Diagonal(reading.HorizontalVariance, reading.VerticalVariance);
        writer.Write((byte)2);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Wheels(long stampNs, in WheelReading reading)
    {
        Begin(DriveChannelKind.WheelSpeeds, stampNs, "base_link");
        writer.Write(reading.FrontLeft);
        writer.Write(reading.FrontRight);
        writer.Write(reading.RearLeft);
        writer.Write(reading.RearRight);
        writer.Write(reading.Speed);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Image(long stampNs, ReadOnlyMemory<byte> png)
    {
        Begin(DriveChannelKind.Camera, stampNs, "camera_front");
        writer.Write("png");
        writer.WriteBytes(png.Span);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Points(long stampNs, ReadOnlySpan<byte> points)
    {
        Begin(DriveChannelKind.Lidar, stampNs, "lidar_top");
        writer.Write(1u);
        writer.Write((uint)(points.Length / Lidar.PointBytes));
        string[] names = ["x", "y", "z", "intensity"];
        writer.WriteCount(names.Length);
        for (int i = 0; i < names.Length; i++)
        {
            writer.Write(names[i]);
            writer.Write((uint)(i * sizeof(float)));
            writer.Write((byte)7);
            writer.Write(1u);
        }

        writer.Write(false);
        writer.Write((uint)Lidar.PointBytes);
        writer.Write((uint)points.Length);
        writer.WriteBytes(points);
        writer.Write(true);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Steering(long stampNs, double angle)
    {
        Begin(DriveChannelKind.Steering, stampNs, "steering");
        writer.Write(angle);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Label(long stampNs, Manoeuvre manoeuvre)
    {
        Begin(DriveChannelKind.Labels, stampNs, "base_link");
        writer.Write(manoeuvre.Label());
        writer.Write((int)manoeuvre);
        return writer.Written;
    }

    private void Begin(DriveChannelKind kind, long stampNs, string frame)
    {
        writer.Reset();
        if (isRos1) writer.Write(sequences[(int)kind]++);
        writer.WriteTime(stampNs);
        writer.Write(frame);
    }

    private void Zeros(int count)
    {
        for (int i = 0; i < count; i++) writer.Write(0.0);
    }

    private void Diagonal(double horizontal, double vertical)
    {
        for (int i = 0; i < 9; i++) writer.Write(i switch { 0 or 4 => horizontal, 8 => vertical, _ => 0.0 });
    }
}
