namespace Mesh.Training.Reference;

/// <summary>SplitMix64: numbers that are the same on every machine and runtime version.</summary>
internal struct SplitMix(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        ulong mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Below a bound.</summary>
    public int Next(int bound) => (int)(Next() % (uint)bound);

    /// <summary>In [0, 1).</summary>
    public float NextSingle() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Roughly normal with mean 0 and variance 1: the sum of four uniform numbers, without functions that differ between machines.</summary>
    public float NextNormal() => (NextSingle() + NextSingle() + NextSingle() + NextSingle() - 2f) * 1.7320508f;

    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = Next(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
