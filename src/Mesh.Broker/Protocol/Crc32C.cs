using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Broker.Protocol;

/// <summary>
/// CRC-32C (Castagnoli), the checksum of record batches; the processor's own instruction where there is one. The instruction takes three
/// cycles but starts every cycle, so long data is checked as three strands at once, whose states are then joined.
/// </summary>
internal static class Crc32C
{
    /// <summary>State before the first byte; <see cref="Finish"/> turns a state into the checksum.</summary>
    public const uint Start = uint.MaxValue;

    private const uint ReflectedPolynomial = 0x82f63b78;
    private const int StrandWords = 512;

    // What a state becomes by StrandWords * 8 zero bytes, for each value of each of its four bytes: the step is linear.
    private static readonly uint[] PastStrand = ZerosTable(StrandWords * sizeof(ulong));

    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Update(Start, data));

    public static uint Update(uint state, ReadOnlySpan<byte> data)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        var tail = data[(words.Length * sizeof(ulong))..];
        for (; words.Length >= 3 * StrandWords; words = words[(3 * StrandWords)..])
        {
            var first = words[..StrandWords];
            var second = words.Slice(StrandWords, StrandWords);
            var third = words.Slice(2 * StrandWords, StrandWords);
            uint secondState = 0, thirdState = 0;
            for (int i = 0; i < StrandWords; i++)
            {
                state = BitOperations.Crc32C(state, first[i]);
                secondState = BitOperations.Crc32C(secondState, second[i]);
                thirdState = BitOperations.Crc32C(thirdState, third[i]);
            }

            state = AfterStrand(AfterStrand(state) ^ secondState) ^ thirdState;
        }

        foreach (ulong word in words) state = BitOperations.Crc32C(state, word);
        foreach (byte last in tail) state = BitOperations.Crc32C(state, last);
        return state;
    }

    public static uint Finish(uint state) => ~state;

    private static uint AfterStrand(uint state) =>
        PastStrand[state & 0xff] ^ PastStrand[256 + ((state >> 8) & 0xff)] ^ PastStrand[512 + ((state >> 16) & 0xff)] ^ PastStrand[768 + (state >> 24)];

    private static uint[] ZerosTable(int zeroBytes)
    {
        uint[] bits = new uint[32];
        for (int bit = 0; bit < 32; bit++)
        {
            uint state = 1u << bit;
            for (int i = 0; i < zeroBytes * 8; i++) state = (state >> 1) ^ ((state & 1) * ReflectedPolynomial);
            bits[bit] = state;
        }

        uint[] table = new uint[4 * 256];
        for (int at = 0; at < table.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                if ((at & (1 << bit)) != 0) table[at] ^= bits[(8 * (at / 256)) + bit];
            }
        }

        return table;
    }
}
