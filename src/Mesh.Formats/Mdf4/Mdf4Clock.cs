using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Turns the master values of records into times. Computed in one loop per run; the common forms, little-endian floats and integers with a
/// linear conversion, have loops of their own.
/// </summary>
internal sealed class Mdf4Clock
{
    private readonly ulong startNs;
    private readonly MdfChannelLayout? master;
    private readonly double offset;
    private readonly double factor = 1;
    private readonly MdfConversion? conversion;

    private Mdf4Clock(ulong startNs, MdfChannelLayout? master)
    {
        this.startNs = startNs;
        this.master = master;
        if (master?.Conversion is not { Kind: not MdfConversionKind.Identity } rule) return;
        if (rule.Kind == MdfConversionKind.Linear && rule.Values.Count >= 2) (offset, factor) = (rule.Values[0], rule.Values[1]);
        else conversion = rule;
    }

    /// <summary>Whether the group has times of its own.</summary>
    public bool HasTime => master is not null;

    /// <summary>Whether times do not depend on the records' bytes.</summary>
    public bool IsUniform => master is null || master.Type == MdfChannelType.VirtualMaster;

    /// <summary>Whether a record's time can be one: a finite number of at most three hundred years.</summary>
    public bool IsPlausible(ReadOnlySpan<byte> record) =>
        IsUniform || (Converted(Mdf4Numeric.Read(master!, record[master!.ByteOffset..])) is var seconds && double.IsFinite(seconds) && Math.Abs(seconds) < 1e10
            && (seconds == 0 || Math.Abs(seconds) > 1e-12));

    /// <summary>The clock of a group, by its own master.</summary>
    public static Mdf4Clock Of(Mdf4ChannelGroup group, ulong startNs)
    {
        const int Seconds = 1;
        if (group.Master < 0 || group.MasterUnit != Seconds) return new Mdf4Clock(startNs, null);
        var master = group.Channels[group.Master];
        return new Mdf4Clock(startNs, IsNumber(master) ? master : null);
    }

    /// <summary>Whether a master can be read as a number: integers and floats.</summary>
    public static bool IsNumber(MdfChannelLayout master) =>
        master.Type == MdfChannelType.VirtualMaster
        || (master.BitCount > 0 && master.DataType switch
        {
            <= MdfDataType.SignedBigEndian => master.BitCount <= 64,
            MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian => master.BitCount is 16 or 32 or 64 && master.BitOffset == 0,
            _ => false,
        } && (master.Conversion is null || Mdf4Numeric.IsNumeric(master.Conversion)));

    /// <summary>Times of records.</summary>
    /// <param name="data">Memory that holds them.</param>
    /// <param name="first">Where the first record's data begins.</param>
    /// <param name="stride">Bytes from one to the next.</param>
    /// <param name="index">Index of the first record.</param>
    /// <param name="times">One per record, nanoseconds since 1970.</param>
    public void Fill(ReadOnlySpan<byte> data, int first, int stride, long index, Span<ulong> times)
    {
        if (master is null)
        {
            times.Fill(startNs);
            return;
        }

        if (master.Type == MdfChannelType.VirtualMaster)
        {
            for (int i = 0; i < times.Length; i++) times[i] = Time(Converted(index + i));
            return;
        }

        int at = first + master.ByteOffset;
        if (conversion is null && master.BitOffset == 0 && FillFast(data, at, stride, times)) return;
        for (int i = 0; i < times.Length; i++)
        {
            times[i] = Time(Converted(Mdf4Numeric.Read(master, data[at..])));
            at += stride;
        }
    }

    private bool FillFast(ReadOnlySpan<byte> data, int at, int stride, Span<ulong> times)
    {
        double nsOffset = offset, nsFactor = factor;
        switch (master!.DataType, master.BitCount)
        {
            case (MdfDataType.FloatLittleEndian, 64):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((MemoryMarshal.Read<double>(data[at..]) * nsFactor) + nsOffset);
                return BitConverter.IsLittleEndian;
            case (MdfDataType.FloatLittleEndian, 32):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadSingleLittleEndian(data[at..]) * nsFactor) + nsOffset);
                return true;
            case (MdfDataType.UnsignedLittleEndian, 64):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadUInt64LittleEndian(data[at..]) * nsFactor) + nsOffset);
                return true;
            case (MdfDataType.UnsignedLittleEndian, 32):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadUInt32LittleEndian(data[at..]) * nsFactor) + nsOffset);
                return true;
            default:
                return false;
        }
    }

    private double Converted(double raw) => conversion is null ? (raw * factor) + offset : Mdf4Numeric.Convert(conversion, raw);

    private ulong Time(double seconds)
    {
        // Not a number becomes 0; what leaves the range of the format's integers stays at its ends.
        long ns = (long)Math.Round(seconds * 1e9);
        if (ns >= 0) return ulong.MaxValue - startNs < (ulong)ns ? ulong.MaxValue : startNs + (ulong)ns;
        ulong back = (ulong)-(ns + 1) + 1;
        return back > startNs ? 0 : startNs - back;
    }
}
