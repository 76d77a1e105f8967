using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Broker.Protocol;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches; the processor's own instruction where there is one.</summary>
internal static class Crc32C
{
    /// <summary>State before the first byte; <see cref="Finish"/> turns a state into the checksum.</summary>
    public const uint Start = uint.MaxValue;

    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Update(Start, data));

    public static uint Update(uint state, ReadOnlySpan<byte> data)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words) state = BitOperations.Crc32C(state, word);
        foreach (byte last in data[(words.Length * sizeof(ulong))..]) state = BitOperations.Crc32C(state, last);
        return state;
    }

    public static uint Finish(uint state) => ~state;
}
