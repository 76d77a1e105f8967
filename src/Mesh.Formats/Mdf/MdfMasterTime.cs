using System.Buffers.Binary;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf;

/// <summary>Elapsed time of a record, from its time channel: integers of up to 64 bits or floats within eight bytes, any conversion to a number.</summary>
internal sealed class MdfMasterTime
{
    private const int MaxNesting = 32;

    private readonly MdfChannelLayout channel;
    private readonly double offset;
    private readonly double factor = 1;
    private readonly NumericConversion? conversion;
    private readonly int bytes;

    private MdfMasterTime(MdfChannelLayout channel, NumericConversion? conversion)
    {
        this.channel = channel;
        bytes = (channel.BitOffset + channel.BitCount + 7) / 8;
        if (conversion is LinearConversion linear) (offset, factor) = (linear.Offset, linear.Factor);
        else this.conversion = conversion;
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

    /// <summary>Null when it is no time, or not to be read as a number.</summary>
    /// <param name="channel">The master.</param>
    /// <param name="recordBytes">Bytes of a record, which it must lie within; a virtual master lies nowhere.</param>
    public static MdfMasterTime? TryCreate(MdfChannelLayout channel, int recordBytes)
    {
        if (SyncType(channel) != 1 || channel.Array is not null) return null;
        int bits = channel.BitOffset + channel.BitCount;
        bool isVirtual = channel.Type == MdfChannelType.VirtualMaster;
        bool isNumber = isVirtual || channel.DataType switch
        {
            <= MdfDataType.SignedBigEndian => channel.BitCount > 0 && bits <= 64,
            MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian => channel.BitOffset == 0 && channel.BitCount is 16 or 32 or 64,
            _ => false,
        };
        if (!isNumber || (!isVirtual && (channel.ByteOffset < 0 || channel.ByteOffset + ((bits + 7) / 8) > recordBytes))) return null;
        try
        {
            bool isInteger = channel.DataType <= MdfDataType.SignedBigEndian;
            var compiled = new ConversionCompiler(isInteger, MaxNesting).Compile(channel.Conversion);
            return compiled.Text is null && compiled.TextToValue is null && compiled.TextToText is null ? new MdfMasterTime(channel, compiled.Numeric) : null;
        }
        catch (ConversionException)
        {
            return null;
        }
    }

    /// <summary>Nanoseconds that a record's time says; null when it is out of range or no number.</summary>
    public long? ElapsedNs(ReadOnlySpan<byte> record)
    {
        var value = record.Slice(channel.ByteOffset, bytes);
        bool isBigEndian = ((int)channel.DataType & 1) != 0;
        ulong word = 0;
        if (bytes == 8)
        {
            word = isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(value) : BinaryPrimitives.ReadUInt64LittleEndian(value);
        }
        else
        {
            for (int i = 0; i < bytes; i++) word |= (ulong)value[isBigEndian ? bytes - 1 - i : i] << (8 * i);
        }

        int unused = 64 - channel.BitCount;
        word = word >> channel.BitOffset << unused >> unused;
        return channel.DataType switch
        {
            MdfDataType.UnsignedLittleEndian or MdfDataType.UnsignedBigEndian => ToNs(word),
            MdfDataType.SignedLittleEndian or MdfDataType.SignedBigEndian => ToNs((long)(word << unused) >> unused),
            _ => ToNs(bytes == 8 ? BitConverter.UInt64BitsToDouble(word) : bytes == 4 ? BitConverter.UInt32BitsToSingle((uint)word) : (double)BitConverter.UInt16BitsToHalf((ushort)word)),
        };
    }

    /// <summary>Nanoseconds of a raw value, of a record index.</summary>
    public long? ElapsedNs(long raw) => ToNs(raw);

    /// <summary>The conversion that adds so many seconds; null when there is no such rule.</summary>
    public MdfConversion? Shifted(double seconds) => conversion is not null ? null : new MdfConversion
    {
        Kind = MdfConversionKind.Linear, Values = [offset + seconds, factor], Unit = channel.Conversion?.Unit ?? "", Name = channel.Conversion?.Name ?? "",
    };

    private long? ToNs(double raw)
    {
        double ns = Math.Round((conversion?.Apply(raw) ?? ((raw * factor) + offset)) * 1e9);
        return Math.Abs(ns) < 9e18 ? (long)ns : null;
    }
}
