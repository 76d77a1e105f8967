using System.Buffers;
using System.Numerics;

namespace Mesh.Formats.Messages.Protobuf;

/// <summary>Writes the wire format (protobuf.dev, "Encoding").</summary>
internal readonly ref struct ProtobufWriter(IBufferWriter<byte> output)
{
    public static int SizeOf(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    public void WriteVarint(ulong value)
    {
        var place = output.GetSpan(10);
        int length = 0;
        for (; value > 0x7F; value >>= 7) place[length++] = (byte)(value | 0x80);
        place[length++] = (byte)value;
        output.Advance(length);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
