namespace Mesh.Commands.Tests.Signals;

/// <summary>M4 of samples by looking at all of them, and how many columns of an answer are not that.</summary>
internal static class BruteForce
{
    public static (double[] First, double[] Min, double[] Max, double[] Last, uint[] Count) Columns(long[] times, double[] values, long fromNs, long toNs, int columns)
    {
        long width = (toNs - fromNs) / columns;
        (toNs - fromNs).ShouldBe(width * columns);
        var answer = (First: Nans(columns), Min: Nans(columns), Max: Nans(columns), Last: Nans(columns), Count: new uint[columns]);
        for (int i = 0; i < times.Length; i++)
        {
            if (times[i] < fromNs || times[i] >= toNs) continue;
            int c = (int)((times[i] - fromNs) / width);
            if (answer.Count[c]++ == 0) (answer.First[c], answer.Min[c], answer.Max[c]) = (values[i], values[i], values[i]);
            answer.Min[c] = values[i] < answer.Min[c] ? values[i] : answer.Min[c];
            answer.Max[c] = values[i] > answer.Max[c] ? values[i] : answer.Max[c];
            answer.Last[c] = values[i];
        }

        return answer;
    }

    /// <summary>Columns in which any of the five is not the same to the bit.</summary>
    public static int Differences((double[] First, double[] Min, double[] Max, double[] Last, uint[] Count) one, (double[] First, double[] Min, double[] Max, double[] Last, uint[] Count) other)
    {
        int different = 0;
        for (int i = 0; i < one.Count.Length; i++)
        {
            bool same = Same(one.First[i], other.First[i]) && Same(one.Min[i], other.Min[i]) && Same(one.Max[i], other.Max[i]) && Same(one.Last[i], other.Last[i]) && one.Count[i] == other.Count[i];
            if (!same) different++;
        }

        return different;
    }

    /// <summary>What drawing every n-th sample would show: the way that loses spikes.</summary>
    public static (long[] Times, double[] Values) Stride(long[] times, double[] values, int step)
    {
        var kept = Enumerable.Range(0, times.Length).Where(i => i % step == 0).ToArray();
        return ([.. kept.Select(i => times[i])], [.. kept.Select(i => values[i])]);
    }

    private static bool Same(double one, double other) => double.IsNaN(one) ? double.IsNaN(other) : BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other);

    private static double[] Nans(int count)
    {
        double[] all = new double[count];
        Array.Fill(all, double.NaN);
        return all;
    }
}
