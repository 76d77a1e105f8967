using System.Runtime.CompilerServices;

namespace Mesh.Synchronise.Matching;

/// <summary>Arithmetic on stamps and durations that saturates where <see cref="long"/> would wrap.</summary>
internal static class StampMath
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Subtract(long a, long b)
    {
        long difference = unchecked(a - b);
        return ((a ^ b) & (a ^ difference)) < 0 ? Saturated(a) : difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Add(long a, long b)
    {
        long sum = unchecked(a + b);
        return ((a ^ sum) & (b ^ sum)) < 0 ? Saturated(a) : sum;
    }

    public static long Distance(long a, long b) => a > b ? Subtract(a, b) : Subtract(b, a);

    private static long Saturated(long sign) => sign < 0 ? long.MinValue : long.MaxValue;
}
