using System.Numerics;

namespace Mesh.Simulation.Vehicle;

/// <summary>xoshiro256** seeded through SplitMix64 (Blackman and Vigna): the same numbers on every machine and runtime version.</summary>
internal sealed class SeededRandom
{
    private ulong s0, s1, s2, s3;

    public SeededRandom(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
    }

    /// <summary>A stream of its own for one purpose, so that a sensor's noise does not depend on what the others draw.</summary>
    public static SeededRandom For(DriveOptions options, string purpose)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in $"{options.VehicleId}\n{purpose}") hash = (hash ^ letter) * 1099511628211;
        return new SeededRandom(hash ^ ((ulong)options.Seed * 0x9E3779B97F4A7C15));
    }

    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        ulong shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public double Between(double low, double high) => low + (high - low) * Next();

    /// <summary>Close to a standard normal: twelve 16-bit uniforms, summed in integers so that no logarithm is needed.</summary>
    public double Normal()
    {
        long sum = 0;
        for (int i = 0; i < 3; i++)
        {
            ulong bits = NextBits();
            sum += (long)(bits & 0xFFFF) + (long)((bits >> 16) & 0xFFFF) + (long)((bits >> 32) & 0xFFFF) + (long)(bits >> 48);
        }

        return (sum - 12 * 32767.5) / 65536;
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
