using System.Buffers.Binary;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Elapsed time of a record, from a time channel of the usual kinds: whole bytes, no conversion or a linear one.</summary>
internal sealed class MdfMasterTime
{
    private readonly MdfChannelLayout channel;
    private readonly double offset;
    private readonly double factor;

    private MdfMasterTime(MdfChannelLayout channel, double offset, double factor)
    {
        this.channel = channel;
        this.offset = offset;
        this.factor = factor;
    }

    /// <summary>What a master counts, judged by its unit where the layout does not say it.</summary>
    public static int SyncType(MdfChannelLayout master) => master.SyncType is > 0 and <= 4
        ? master.SyncType
        : (master.Unit.Length > 0 ? master.Unit : master.Conversion?.Unit ?? "") switch
        {
            "rad" or "deg" or "°" => 2,
            "m" or "km" => 3,
            _ => 1,
        };

    /// <summary>Whether the channel counts time.</summary>
    public static bool IsTime(MdfChannelLayout channel) => SyncType(channel) == 1;

    /// <summary>Null when it is no time, or none of the usual kinds.</summary>
    public static MdfMasterTime? TryCreate(MdfChannelLayout channel)
    {
        bool isNumber = channel.DataType <= MdfDataType.SignedBigEndian
            ? channel.BitCount is 8 or 16 or 32 or 64
            : channel.DataType <= MdfDataType.FloatBigEndian && channel.BitCount is 32 or 64;
        if (!IsTime(channel) || !isNumber || channel.BitOffset != 0 || channel.Array is not null) return null;
        return channel.Conversion switch
        {
            null or { Kind: MdfConversionKind.Identity } => new MdfMasterTime(channel, 0, 1),
            { Kind: MdfConversionKind.Linear, Values.Count: >= 2 } linear => new MdfMasterTime(channel, linear.Values[0], linear.Values[1]),
            _ => null,
        };
    }

    /// <summary>Nanoseconds that a record's time says; null when it lies outside or is no number.</summary>
    public long? ElapsedNs(ReadOnlySpan<byte> record)
    {
        int bytes = channel.BitCount / 8;
        if (channel.ByteOffset < 0 || channel.ByteOffset > record.Length - bytes) return null;
        Span<byte> value = stackalloc byte[8];
        value.Clear();
        record.Slice(channel.ByteOffset, bytes).CopyTo(value);
        bool isBigEndian = ((int)channel.DataType & 1) != 0;
        if (isBigEndian) value[..bytes].Reverse();
        long bits = BinaryPrimitives.ReadInt64LittleEndian(value);
        int unused = 64 - channel.BitCount;
        return channel.DataType switch
        {
            MdfDataType.UnsignedLittleEndian or MdfDataType.UnsignedBigEndian => ToNs((ulong)bits),
            MdfDataType.SignedLittleEndian or MdfDataType.SignedBigEndian => ToNs(bits << unused >> unused),
            _ => ToNs(bytes == 8 ? BitConverter.Int64BitsToDouble(bits) : BitConverter.Int32BitsToSingle((int)bits)),
        };
    }

    /// <summary>Nanoseconds of a raw value.</summary>
    public long? ElapsedNs(long raw) => ToNs(raw);

    /// <summary>The conversion that adds so many seconds.</summary>
    public MdfConversion Shifted(double seconds) => new()
    {
        Kind = MdfConversionKind.Linear, Values = [offset + seconds, factor], Unit = channel.Conversion?.Unit ?? "", Name = channel.Conversion?.Name ?? "",
    };

    private long? ToNs(double raw)
    {
        double ns = Math.Round(((raw * factor) + offset) * 1e9);
        return Math.Abs(ns) < 9e18 ? (long)ns : null;
    }
}
