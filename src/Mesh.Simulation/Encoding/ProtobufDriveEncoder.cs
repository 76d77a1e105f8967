using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Simulation.Protobuf;
using Mesh.Simulation.Sensors;

namespace Mesh.Simulation.Encoding;

/// <summary>Messages of <c>Protos/drive.proto</c>.</summary>
internal sealed class ProtobufDriveEncoder : DriveEncoder
{
    private byte[] buffer = new byte[4096];

    public override string MessageEncoding => "protobuf";

    public override string Profile => "";

    public override MessageSchema SchemaOf(DriveChannelKind kind) => ProtobufSchemas.Of(DescriptorOf(kind));

    public override ReadOnlyMemory<byte> Imu(long stampNs, in ImuReading reading) => Write(new Protobuf.Imu
    {
        Timestamp = Stamp(stampNs),
        FrameId = "imu_link",
        AngularVelocity = new Vector3 { X = reading.GyroX, Y = reading.GyroY, Z = reading.GyroZ },
        LinearAcceleration = new Vector3 { X = reading.AccelX, Y = reading.AccelY, Z = reading.AccelZ },
    });

    public override ReadOnlyMemory<byte> Gnss(long stampNs, in GnssReading reading) => Write(new GnssFix
    {
        Timestamp = Stamp(stampNs),
        FrameId = "gnss_link",
        Latitude = reading.Latitude,
        Longitude = reading.Longitude,
        Altitude = reading.Altitude,
        PositionCovariance = { reading.HorizontalVariance, 0, 0, 0, reading.HorizontalVariance, 0, 0, 0, reading.VerticalVariance },
    });

    public override ReadOnlyMemory<byte> Wheels(long stampNs, in WheelReading reading) => Write(new WheelSpeeds
    {
        Timestamp = Stamp(stampNs),
        FrameId = "base_link",
        FrontLeft = reading.FrontLeft,
        FrontRight = reading.FrontRight,
        RearLeft = reading.RearLeft,
        RearRight = reading.RearRight,
        Speed = reading.Speed,
    });

    public override ReadOnlyMemory<byte> Image(long stampNs, ReadOnlyMemory<byte> png) => Write(new CompressedImage
    {
        Timestamp = Stamp(stampNs),
        FrameId = "camera_front",
        Format = "png",
        Data = UnsafeByteOperations.UnsafeWrap(png),
    });

    public override ReadOnlyMemory<byte> Points(long stampNs, ReadOnlySpan<byte> points) => Write(new PointCloud
    {
        Timestamp = Stamp(stampNs),
        FrameId = "lidar_top",
        PointStride = Lidar.PointBytes,
        Fields = { "x", "y", "z", "intensity" },
        Data = ByteString.CopyFrom(points),
    });

    public override ReadOnlyMemory<byte> Steering(long stampNs, double angle) => Write(new Steering
    {
        Timestamp = Stamp(stampNs),
        FrameId = "steering",
        Angle = angle,
    });

    public override ReadOnlyMemory<byte> Label(long stampNs, Manoeuvre manoeuvre) => Write(new Protobuf.Manoeuvre
    {
        Timestamp = Stamp(stampNs),
        FrameId = "base_link",
        Label = manoeuvre.Label(),
        ClassId = (int)manoeuvre,
    });

    private static MessageDescriptor DescriptorOf(DriveChannelKind kind) => kind switch
    {
        DriveChannelKind.Imu => Protobuf.Imu.Descriptor,
        DriveChannelKind.Gnss => GnssFix.Descriptor,
        DriveChannelKind.WheelSpeeds => WheelSpeeds.Descriptor,
        DriveChannelKind.Camera => CompressedImage.Descriptor,
        DriveChannelKind.Lidar => PointCloud.Descriptor,
        DriveChannelKind.Steering => Protobuf.Steering.Descriptor,
        _ => Protobuf.Manoeuvre.Descriptor,
    };

    private static Timestamp Stamp(long stampNs) => new() { Seconds = stampNs / 1_000_000_000, Nanos = (int)(stampNs % 1_000_000_000) };

    private ReadOnlyMemory<byte> Write(IMessage message)
    {
        int size = message.CalculateSize();
        if (size > buffer.Length) buffer = new byte[Math.Max(size, buffer.Length * 2)];
        message.WriteTo(buffer.AsSpan(0, size));
        return buffer.AsMemory(0, size);
    }
}
