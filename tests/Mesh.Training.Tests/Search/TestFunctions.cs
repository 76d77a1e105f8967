using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

/// <summary>Functions that optimisers are compared on (Surjanovic and Bingham, Virtual Library of Simulation Experiments), all to be made small.</summary>
internal static class TestFunctions
{
    private static readonly double[] Alpha = [1, 1.2, 3, 3.2];

    private static readonly double[][] A =
    [
        [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
    ];

    private static readonly double[][] P =
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];

    /// <summary>Three equal valleys; the least value is 0.397887.</summary>
    public static (SearchSpace Space, Func<IReadOnlyList<double>, double> Value) Branin { get; } = (
        Box(("x", -5, 10), ("y", 0, 15)),
        x => Math.Pow(x[1] - 5.1 / (4 * Math.PI * Math.PI) * x[0] * x[0] + 5 / Math.PI * x[0] - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x[0]) + 10);

    /// <summary>Six dimensions, six local valleys; the least value is -3.32237.</summary>
    public static (SearchSpace Space, Func<IReadOnlyList<double>, double> Value) Hartmann6 { get; } = (
        Box([.. Enumerable.Range(0, 6).Select(i => ($"x{i}", 0.0, 1.0))]),
        x =>
        {
            double sum = 0;
            for (int i = 0; i < 4; i++)
            {
                double inner = 0;
                for (int j = 0; j < 6; j++) inner += A[i][j] * Math.Pow(x[j] - P[i][j], 2);
                sum -= Alpha[i] * Math.Exp(-inner);
            }

            return sum;
        });

    /// <summary>A bent valley in four dimensions; the least value is 0. Its logarithm is compared, or the slopes alone would count.</summary>
    public static (SearchSpace Space, Func<IReadOnlyList<double>, double> Value) Rosenbrock { get; } = (
        Box([.. Enumerable.Range(0, 4).Select(i => ($"x{i}", -2.0, 2.0))]),
        x => Math.Log10(1e-9 + Enumerable.Range(0, 3).Sum(i => 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2))));

    /// <summary>A space of continuous parameters.</summary>
    public static SearchSpace Box(params (string Name, double Low, double High)[] axes) =>
        new([.. axes.Select(axis => new SearchParameter { Name = axis.Name, Kind = ParameterKind.Uniform, Low = axis.Low, High = axis.High })]);

    /// <summary>The best of a search.</summary>
    public static double Minimise((SearchSpace Space, Func<IReadOnlyList<double>, double> Value) function, SamplerOptions sampler, int seed, int trials, int parallel = 1)
    {
        var session = new SearchSession(function.Space, new SearchOptions { Direction = SearchDirection.Minimise, Sampler = sampler, Seed = (ulong)seed, Trials = trials });
        var running = new Queue<SearchTrial>();
        while (true)
        {
            while (running.Count < parallel && session.Ask() is { } trial) running.Enqueue(trial);
            if (!running.TryDequeue(out var ended)) return session.Best!.Value!.Value;
            session.Tell(ended.Number, TrialState.Complete, function.Value(ended.Point));
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
