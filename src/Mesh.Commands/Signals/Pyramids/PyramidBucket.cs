using System.Runtime.InteropServices;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>
/// What the samples of a span of time come to (M4 with count and sum), as 64 bytes in the file. Smallest and largest are the first of equal
/// ones, so that merging buckets in order gives the very bits that one pass over the samples gives; the sum does not promise that.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct PyramidBucket
{
    public double First;
    public double Min;
    public double Max;
    public double Last;
    public double Sum;
    public long FirstTimeNs;
    public long LastTimeNs;
    public long Count;

    /// <summary>Adds a sample that is no gap and not earlier than those before.</summary>
    public void Add(long timeNs, double value)
    {
        if (Count == 0)
        {
            First = Min = Max = value;
            FirstTimeNs = timeNs;
        }
        else
        {
            if (value < Min) Min = value;
            if (value > Max) Max = value;
        }

        Last = value;
        LastTimeNs = timeNs;
        Sum += value;
        Count++;
    }

    /// <summary>Adds what follows in time.</summary>
    public void Add(in PyramidBucket later)
    {
        if (later.Count == 0) return;
        if (Count == 0)
        {
            this = later;
            return;
        }

        if (later.Min < Min) Min = later.Min;
        if (later.Max > Max) Max = later.Max;
        Last = later.Last;
        LastTimeNs = later.LastTimeNs;
        Sum += later.Sum;
        Count += later.Count;
    }
}
