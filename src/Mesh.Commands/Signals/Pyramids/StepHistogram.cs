using System.Numerics;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>How long the steps between samples are, in powers of two: enough to tell a gap from a pause.</summary>
internal sealed class StepHistogram
{
    private readonly long[] counts = new long[64];
    private long total;

    /// <summary>Adds a step of 0 ns or more.</summary>
    public void Add(long stepNs)
    {
        counts[64 - BitOperations.LeadingZeroCount((ulong)stepNs)]++;
        total++;
    }

    /// <summary>An upper bound of the median step, at most twice that; 1 s when there is none.</summary>
    public long TypicalNs
    {
        get
        {
            if (total == 0) return 1_000_000_000;
            long seen = 0;
            for (int bits = 0; bits < counts.Length; bits++)
            {
                seen += counts[bits];
                if (seen * 2 >= total) return 1L << Math.Min(bits, 62);
            }

            return long.MaxValue;
        }
    }
}
