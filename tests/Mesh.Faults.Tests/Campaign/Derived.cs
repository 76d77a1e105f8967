using System.Globalization;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Every value of the campaign's messages follows from the seed, the content's number, the channel and the message's place in it.</summary>
internal static class Derived
{
    public static long Token(int seed, int content, string channel, long index)
    {
        ulong state = ((ulong)(uint)seed << 32) | (uint)content;
        foreach (char letter in channel) state = Mix(state ^ letter);
        return (long)Mix(state ^ (ulong)index);
    }

    public static double Value(long token) => (token >> 11) * (1.0 / (1L << 52));

    public static string Text(long token) => string.Concat(Enumerable.Repeat(token.ToString("x16", CultureInfo.InvariantCulture), (int)(token & 3) + 1));

    public static long Extra(long token) => ~token;

    // SplitMix64.
    private static ulong Mix(ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
        return state ^ (state >> 31);
    }
}
