namespace Mesh.Synchronise;

/// <summary>Arithmetic of stamps, saturated: those of broken clocks lie farther apart than 64 bits reach.</summary>
internal static class Nanoseconds
{
    public static long Distance(long from, long to)
    {
        ulong distance = to >= from ? (ulong)to - (ulong)from : (ulong)from - (ulong)to;
        return (long)Math.Min(distance, long.MaxValue);
    }

    public static long Add(long time, long nanoseconds)
    {
        long sum = unchecked(time + nanoseconds);
        if (((time ^ sum) & (nanoseconds ^ sum)) >= 0) return sum;
        return time < 0 ? long.MinValue : long.MaxValue;
    }
}
