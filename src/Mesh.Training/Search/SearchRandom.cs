using Mesh.Training.Reference;

namespace Mesh.Training.Search;

/// <summary>Random numbers of one trial: they depend on the study's seed and the trial's number alone, not on what other trials drew.</summary>
internal struct SearchRandom
{
    private SplitMix numbers;

    public SearchRandom(ulong seed, int trial)
    {
        var mixer = new SplitMix(seed);
        numbers = new SplitMix(mixer.Next() + (ulong)trial * 0xD1B54A32D192ED03);
    }

    /// <summary>Below a bound.</summary>
    public int Next(int bound) => numbers.Next(bound);

    /// <summary>In [0, 1).</summary>
    public double NextDouble() => (numbers.Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>Normal with mean 0 and variance 1 (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());
}
