using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Simulation.Sensors;

namespace Mesh.Simulation.Encoding;

/// <summary>ROS 2 messages in CDR; the definitions are in <see cref="Ros2Definitions"/>.</summary>
internal sealed class Ros2DriveEncoder : DriveEncoder
{
    private readonly CdrWriter writer = new();

    public override string MessageEncoding => "cdr";

    public override string Profile => "ros2";

    public override MessageSchema SchemaOf(DriveChannelKind kind) => Ros2Definitions.Of(kind);

    public override ReadOnlyMemory<byte> Imu(long stampNs, in ImuReading reading)
    {
        Begin(stampNs, "imu_link");
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
        Begin(stampNs, "gnss_link");
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
        Begin(stampNs, "base_link");
        writer.Write(reading.FrontLeft);
        writer.Write(reading.FrontRight);
        writer.Write(reading.RearLeft);
        writer.Write(reading.RearRight);
        writer.Write(reading.Speed);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Image(long stampNs, ReadOnlyMemory<byte> png)
    {
        Begin(stampNs, "camera_front");
        writer.Write("png");
        writer.WriteBytes(png.Span);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Points(long stampNs, ReadOnlySpan<byte> points)
    {
        Begin(stampNs, "lidar_top");
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
        Begin(stampNs, "steering");
        writer.Write(angle);
        return writer.Written;
    }

    public override ReadOnlyMemory<byte> Label(long stampNs, Manoeuvre manoeuvre)
    {
        Begin(stampNs, "base_link");
        writer.Write(manoeuvre.Label());
        writer.Write((int)manoeuvre);
        return writer.Written;
    }

    private void Begin(long stampNs, string frame)
    {
        writer.Reset();
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
