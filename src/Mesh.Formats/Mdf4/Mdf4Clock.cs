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
    private readonly MdfMasterTime? elapsed;
    private readonly bool isLinear;
    private readonly double offset;
    private readonly double factor = 1;

    private Mdf4Clock(ulong startNs, MdfChannelLayout? master, MdfMasterTime? elapsed)
    {
        (this.startNs, this.master, this.elapsed) = (startNs, elapsed is null ? null : master, elapsed);
        if (this.master is null) return;
        var conversion = this.master.Conversion;
        isLinear = this.master.BitOffset == 0 && conversion is null or { Kind: MdfConversionKind.Identity } or { Kind: MdfConversionKind.Linear, Values.Count: >= 2 };
        if (conversion is { Kind: MdfConversionKind.Linear, Values.Count: >= 2 }) (offset, factor) = (conversion.Values[0], conversion.Values[1]);
    }

    /// <summary>Whether the group has times of its own.</summary>
    public bool HasTime => master is not null;

    /// <summary>Whether times do not depend on the records' bytes.</summary>
    public bool IsUniform => master is null || master.Type == MdfChannelType.VirtualMaster;

    /// <summary>The clock of a group, by its own master.</summary>
    public static Mdf4Clock Of(Mdf4ChannelGroup group, ulong startNs)
    {
        if (group.Master < 0) return new Mdf4Clock(startNs, null, null);
        var master = group.Channels[group.Master];
        return new Mdf4Clock(startNs, master, MdfMasterTime.TryCreate(master, group.DataBytes));
    }

    /// <summary>Whether a record's time can be one: a finite number of at most three hundred years, none so small that only stray bytes are.</summary>
    public bool IsPlausible(ReadOnlySpan<byte> record)
    {
        if (IsUniform) return true;
        if (master!.DataType == MdfDataType.FloatLittleEndian && master.BitCount == 64 && Math.Abs(BinaryPrimitives.ReadDoubleLittleEndian(record[master.ByteOffset..])) is > 0 and < 1e-12) return false;
        return elapsed!.ElapsedNs(record) is not null;
    }

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
            for (int i = 0; i < times.Length; i++) times[i] = Time(elapsed!.ElapsedNs(index + i));
            return;
        }

        if (isLinear && FillFast(data, first + master.ByteOffset, stride, times)) return;
        for (int i = 0; i < times.Length; i++, first += stride) times[i] = Time(elapsed!.ElapsedNs(data[first..]));
    }

    private bool FillFast(ReadOnlySpan<byte> data, int at, int stride, Span<ulong> times)
    {
        double add = offset, multiply = factor;
        switch (master!.DataType, master.BitCount)
        {
            case (MdfDataType.FloatLittleEndian, 64) when BitConverter.IsLittleEndian:
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((MemoryMarshal.Read<double>(data[at..]) * multiply) + add);
                return true;
            case (MdfDataType.FloatLittleEndian, 32):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadSingleLittleEndian(data[at..]) * multiply) + add);
                return true;
            case (MdfDataType.UnsignedLittleEndian, 64):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadUInt64LittleEndian(data[at..]) * multiply) + add);
                return true;
            case (MdfDataType.UnsignedLittleEndian, 32):
                for (int i = 0; i < times.Length; i++, at += stride) times[i] = Time((BinaryPrimitives.ReadUInt32LittleEndian(data[at..]) * multiply) + add);
                return true;
            default:
                return false;
        }
    }

    private ulong Time(double seconds)
    {
        double ns = Math.Round(seconds * 1e9);
        return Time(Math.Abs(ns) < 9e18 ? (long)ns : null);
    }

    /// <summary>What is no number, or out of range, gets the start time.</summary>
    private ulong Time(long? elapsedNs)
    {
        long ns = elapsedNs ?? 0;
        if (ns >= 0) return ulong.MaxValue - startNs < (ulong)ns ? ulong.MaxValue : startNs + (ulong)ns;
        ulong back = (ulong)-ns;
        return back > startNs ? 0 : startNs - back;
    }
}
