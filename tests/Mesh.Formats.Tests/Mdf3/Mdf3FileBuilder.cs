using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Tests.Mdf3;

/// <summary>Writes MDF 2 and 3 files block by block, as the specification lays them out, in either byte order.</summary>
internal sealed class Mdf3FileBuilder
{
    private readonly List<byte> file = [];
    private readonly bool isBig;
    private readonly int version;

    public Mdf3FileBuilder(int version = 330, bool isBig = false, string mark = "MDF     ", int codePage = 0, int unfinished = 0)
    {
        (this.version, this.isBig) = (version, isBig);
        Ascii(mark, 8);
        Ascii($"{version / 100}.{version % 100:00}", 8);
        Ascii("builder", 8);
        UInt16(isBig ? 1 : 0);
        UInt16(0);
        UInt16(version);
        UInt16(codePage);
        file.AddRange(new byte[28]);
        UInt16(unfinished);
        UInt16(0);
    }

    public int Position => file.Count;

    public byte[] ToArray() => [.. file];

    /// <summary>The header; its first data group is set later.</summary>
    public int Header(string date = "02:01:2026", string time = "03:04:05", ulong localNs = 0, short zone = 0, int dataGroups = 1)
    {
        bool isLong = version >= 320;
        int at = Block("HD", isLong ? 208 : 164);
        UInt32(0);
        UInt32(0);
        UInt32(0);
        UInt16(dataGroups);
        Ascii(date, 10);
        Ascii(time, 8);
        foreach (string text in new[] { "author", "organisation", "project", "subject" }) Ascii(text, 32);
        if (!isLong) return at;
        UInt64(localNs);
        UInt16((ushort)zone);
        UInt16(0);
        Ascii("Local PC Reference Time", 32);
        return at;
    }

    public int DataGroup(int next, int firstGroup, int data, int groups = 1, int ids = 0, int trigger = 0)
    {
        int at = Block("DG", version >= 320 ? 28 : 24);
        UInt32(next);
        UInt32(firstGroup);
        UInt32(trigger);
        UInt32(data);
        UInt16(groups);
        UInt16(ids);
        if (version >= 320) UInt32(0);
        return at;
    }

    public int ChannelGroup(int next, int firstChannel, int recordBytes, int cycles, int id = 0, int comment = 0)
    {
        int at = Block("CG", version >= 330 ? 30 : 26);
        UInt32(next);
        UInt32(firstChannel);
        UInt32(comment);
        UInt16(id);
        UInt16(0);
        UInt16(recordBytes);
        UInt32(cycles);
        if (version >= 330) UInt32(0);
        return at;
    }

    public int Channel(
        int next, string name, int startBit, int bits, int type, bool isMaster = false, int conversion = 0, int longName = 0, int dependency = 0, int source = 0,
        double interval = 0, int extraBytes = 0, byte[]? rawName = null)
    {
        int at = Block("CN", version >= 300 ? 228 : 218);
        UInt32(next);
        UInt32(conversion);
        UInt32(source);
        UInt32(dependency);
        UInt32(0);
        UInt16(isMaster ? 1 : 0);
        if (rawName is null) Ascii(name, 32);
        else file.AddRange([.. rawName, .. new byte[32 - rawName.Length]]);
        Ascii(name + " described", 128);
        UInt16(startBit);
        UInt16(bits);
        UInt16(type);
        UInt16(0);
        Float64(0);
        Float64(0);
        Float64(interval);
        if (version < 300) return at;
        UInt32(longName);
        UInt32(0);
        UInt16(extraBytes);
        return at;
    }

    public int Conversion(int type, string unit, int count, Action<Mdf3FileBuilder> parameters)
    {
        int at = Block("CC", 0);
        UInt16(0);
        Float64(0);
        Float64(0);
        Ascii(unit, 20);
        UInt16(type);
        UInt16(count);
        parameters(this);
        SetUInt16(at + 2, file.Count - at);
        return at;
    }

    public int Numbers(int type, params double[] values) => Conversion(type, "u", type is 1 or 2 ? values.Length / 2 : values.Length, b =>
    {
        foreach (double value in values) b.Float64(value);
    });

    public int Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int at = Block("TX", 5 + bytes.Length);
        file.AddRange([.. bytes, 0]);
        return at;
    }

    public int Block(string id, int length)
    {
        int at = file.Count;
        Ascii(id, 2);
        UInt16(length);
        return at;
    }

    public int Bytes(params byte[] bytes)
    {
        int at = file.Count;
        file.AddRange(bytes);
        return at;
    }

    public void Ascii(string text, int width) => file.AddRange([.. Encoding.ASCII.GetBytes(text), .. new byte[width - text.Length]]);

    public void UInt16(int value)
    {
        file.AddRange(new byte[2]);
        SetUInt16(file.Count - 2, value);
    }

    public void UInt32(long value)
    {
        file.AddRange(new byte[4]);
        SetUInt32(file.Count - 4, value);
    }

    public void UInt64(ulong value)
    {
        byte[] bytes = new byte[8];
        if (isBig) BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        file.AddRange(bytes);
    }

    public void Float64(double value) => UInt64(BitConverter.DoubleToUInt64Bits(value));

    public void SetUInt16(int at, int value) => Set(at, (uint)value, 2);

    public void SetUInt32(int at, long value) => Set(at, (uint)value, 4);

    private void Set(int at, uint value, int bytes)
    {
        for (int i = 0; i < bytes; i++) file[at + (isBig ? bytes - 1 - i : i)] = (byte)(value >> (8 * i));
    }
}
