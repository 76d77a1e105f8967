namespace Mesh.Training.Search;

/// <summary>
/// A density over some parameters: a mixture of one kernel per observation and a wide one, the prior. A kernel is a product of truncated
/// normal densities, and of weights for choices (Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4; with several
/// parameters Falkner et al. 2018, "BOHB", section 3).
/// </summary>
internal sealed class ParzenEstimator
{
    private readonly SearchParameter[] parameters;
    private readonly double[][] values;
    private readonly Axis[] axes;
    private readonly int kernels;

    /// <param name="parameters">The parameters.</param>
    /// <param name="observations">Points, a value per parameter.</param>
    public ParzenEstimator(SearchParameter[] parameters, IReadOnlyList<double[]> observations)
    {
        this.parameters = parameters;
        values = [.. observations];
        kernels = observations.Count + 1;
        axes = [.. Enumerable.Range(0, parameters.Length).Select(MakeAxis)];
    }

    /// <summary>Draws a point.</summary>
    public double[] Sample(ref SearchRandom random)
    {
        int kernel = random.Next(kernels);
        double[] point = new double[parameters.Length];
        for (int i = 0; i < point.Length; i++) point[i] = parameters[i].IsCategorical ? SampleChoice(i, kernel, ref random) : SampleNumber(i, axes[i], kernel, ref random);
        return point;
    }

    /// <summary>Logarithm of the density, for parameters with steps of the probability.</summary>
    public double LogDensity(double[] point)
    {
        Span<double> logs = kernels <= 1024 ? stackalloc double[kernels] : new double[kernels];
        double largest = double.NegativeInfinity;
        for (int kernel = 0; kernel < kernels; kernel++)
        {
            double sum = 0;
            for (int i = 0; i < point.Length; i++) sum += LogKernel(i, kernel, point[i]);
            logs[kernel] = sum;
            largest = Math.Max(largest, sum);
        }

        double total = 0;
        foreach (double log in logs) total += Math.Exp(log - largest);
        return largest + Math.Log(total / kernels);
    }

    private double SampleChoice(int parameter, int kernel, ref SearchRandom random)
    {
        int choices = parameters[parameter].Choices.Count;
        double place = random.NextDouble();
        int spread = random.Next(choices);
        // Of a kernel's weight 1/kernels is spread over all choices and the rest is on its own.
        return kernel < values.Length && place * (1 + 1.0 / kernels) < 1 ? values[kernel][parameter] : spread;
    }

    private double SampleNumber(int parameter, Axis axis, int kernel, ref SearchRandom random)
    {
        // The centre lies within the interval and the deviation is at most its length, so that every third draw is taken or more.
        while (true)
        {
            double place = axis.Centres[kernel] + axis.Deviations[kernel] * random.NextNormal();
            if (place >= axis.Low && place <= axis.High) return parameters[parameter].At(place);
        }
    }

    private double LogKernel(int parameter, int kernel, double value)
    {
        var described = parameters[parameter];
        if (described.IsCategorical)
        {
            double spread = 1.0 / kernels / described.Choices.Count;
            return kernel == values.Length ? -Math.Log(described.Choices.Count) : Math.Log((spread + (values[kernel][parameter] == value ? 1 : 0)) / (1 + 1.0 / kernels));
        }

        var axis = axes[parameter];
        double centre = axis.Centres[kernel];
        double deviation = axis.Deviations[kernel];
        if (described.Step > 0)
        {
            var (low, high) = described.CellOf(value);
            return Math.Log(Math.Max(double.Epsilon, NormalMass((low - centre) / deviation, (high - centre) / deviation))) - axis.LogMasses[kernel];
        }

        double distance = (described.PlaceOf(value) - centre) / deviation;
        return -0.5 * distance * distance - Math.Log(deviation) - axis.LogMasses[kernel];
    }

    private Axis MakeAxis(int index)
    {
        var parameter = parameters[index];
        if (parameter.IsCategorical) return new Axis(0, 0, [], [], []);
        var (low, high) = parameter.Interval;
        double length = high - low;
        double[] centres = [.. values.Select(value => parameter.PlaceOf(value[index])), (low + high) / 2];
        double[] deviations = parameters.Length == 1 ? GapsOf(centres, low, high) : SameForAll(length);
        // Kernels that are too narrow would make the search repeat itself.
        double narrowest = length / Math.Min(100, 1 + kernels);
        for (int i = 0; i < deviations.Length; i++) deviations[i] = Math.Clamp(deviations[i], narrowest, length);
        deviations[^1] = length;
        double[] masses = [.. centres.Zip(deviations, (centre, deviation) => Math.Log(NormalMass((low - centre) / deviation, (high - centre) / deviation)))];
        return new Axis(low, high, centres, deviations, masses);
    }

    // With one parameter a kernel reaches to its farther neighbour; with several there are no neighbours, and the width falls with their number.
    private static double[] GapsOf(double[] centres, double low, double high)
    {
        int[] order = [.. Enumerable.Range(0, centres.Length).OrderBy(i => centres[i])];
        double[] gaps = new double[centres.Length];
        for (int i = 0; i < order.Length; i++)
        {
            double left = centres[order[i]] - (i == 0 ? low : centres[order[i - 1]]);
            double right = (i + 1 == order.Length ? high : centres[order[i + 1]]) - centres[order[i]];
            gaps[order[i]] = Math.Max(left, right);
        }

        return gaps;
    }

    private double[] SameForAll(double length)
    {
        const double widest = 0.2;
        double[] deviations = new double[kernels];
        Array.Fill(deviations, widest * length * Math.Pow(Math.Max(1, values.Length), -1.0 / (parameters.Length + 4)));
        return deviations;
    }

    /// <summary>Probability of a standard normal number between two bounds.</summary>
    internal static double NormalMass(double low, double high) => low > 0 ? Tail(low) - Tail(high) : Tail(-high) - Tail(-low);

    // Probability above x: the complementary error function as a Chebyshev fit, relative error below 1.2e-7 (Numerical Recipes, 6.2.2).
    private static double Tail(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2);
        double t = 1 / (1 + 0.5 * z);
        double tail = 0.5 * t * Math.Exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
            + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
        return x >= 0 ? tail : 1 - tail;
    }

    private sealed record Axis(double Low, double High, double[] Centres, double[] Deviations, double[] LogMasses);
}
