using Mesh.Formats;
using Mesh.Simulation.Sensors;

namespace Mesh.Simulation.Encoding;

/// <summary>Turns readings into payloads of one schema language. A payload is valid until the next call.</summary>
internal abstract class DriveEncoder
{
    /// <summary>Encoding of the payloads as MCAP names it.</summary>
    public abstract string MessageEncoding { get; }

    /// <summary>Profile of the recording.</summary>
    public abstract string Profile { get; }

    /// <summary>Schema of a channel.</summary>
    public abstract MessageSchema SchemaOf(DriveChannelKind kind);

    public abstract ReadOnlyMemory<byte> Imu(long stampNs, in ImuReading reading);

    public abstract ReadOnlyMemory<byte> Gnss(long stampNs, in GnssReading reading);

    public abstract ReadOnlyMemory<byte> Wheels(long stampNs, in WheelReading reading);

    public abstract ReadOnlyMemory<byte> Image(long stampNs, ReadOnlyMemory<byte> png);

    public abstract ReadOnlyMemory<byte> Points(long stampNs, ReadOnlySpan<byte> points);

    public abstract ReadOnlyMemory<byte> Steering(long stampNs, double angle);

    public abstract ReadOnlyMemory<byte> Label(long stampNs, Manoeuvre manoeuvre);
}
