using System.Buffers;
using System.Text;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>Writes values of the binary encoding (Avro specification, "Binary Encoding").</summary>
internal sealed class AvroEncoder(ArrayBufferWriter<byte> output)
{
    public void WriteLong(long value)
    {
        var target = output.GetSpan(10);
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        int count = 0;
        for (; rest >= 0x80; rest >>= 7) target[count++] = (byte)(rest | 0x80);
        target[count++] = (byte)rest;
        output.Advance(count);
    }

    public void WriteInt(int value) => WriteLong(value);

    public void WriteBoolean(bool value)
    {
        output.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        output.Advance(1);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLong(value.Length);
        output.Write(value);
    }

    public void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLong(length);
        Encoding.UTF8.GetBytes(value, output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>The branch of a <c>["null", X]</c> union; the value follows when it is present.</summary>
    public bool WriteOptional(bool present)
    {
        WriteLong(present ? 1 : 0);
        return present;
    }

    public void WriteRaw(ReadOnlySpan<byte> value) => output.Write(value);
}
