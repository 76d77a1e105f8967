using Mesh.Onnx;

namespace Mesh.Training.Compression.Validation;

/// <summary>Measures single runs of two models in turn, so that what else the machine does falls on both.</summary>
/// <param name="time">Clock.</param>
internal sealed class LatencyMeter(TimeProvider time)
{
    private const int WarmUp = 5;
    private const int MaxRuns = 200;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <summary>Runs both on the same inputs until there are enough runs or two seconds have passed, at least once.</summary>
    public (VariantLatency First, VariantLatency Second) Measure(
        IOnnxSession first, IOnnxSession second, IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        var (a, b) = (new List<double>(), new List<double>());
        for (int run = 0; run < WarmUp + MaxRuns; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double one = Run(first, inputs, outputs), other = Run(second, inputs, outputs);
            bool isOver = time.GetElapsedTime(started) > Budget;
            if (run >= WarmUp || (isOver && a.Count == 0))
            {
                a.Add(one);
                b.Add(other);
            }

            if (isOver) break;
        }

        return (Describe(a), Describe(b));
    }

    private double Run(IOnnxSession session, IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs)
    {
        long started = time.GetTimestamp();
        session.Run(inputs, outputs);
        return time.GetElapsedTime(started).TotalMicroseconds;
    }

    private static VariantLatency Describe(List<double> runs)
    {
        runs.Sort();
        double At(double share) => Math.Round(runs[Math.Min(runs.Count - 1, (int)Math.Ceiling(share * runs.Count) - 1)], 1);
        return new VariantLatency(At(0.5), At(0.95), Math.Round(runs[0], 1), Math.Round(runs[^1], 1), runs.Count);
    }
}
