namespace Mesh.Training.Governance.Gates;

/// <summary>A part of the hold-out.</summary>
/// <param name="By">Column whose value makes the part.</param>
/// <param name="Value">The value.</param>
/// <param name="Samples">Samples in it; 0 when the trainer did not say.</param>
/// <param name="Metrics">What was measured on it.</param>
public sealed record EvaluatedSlice(string By, string Value, long Samples, IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>Interval at 95 % (Wilson) of the accuracy; null when there is none, or samples are not told.</summary>
    public IReadOnlyList<double>? AccuracyInterval { get; init; }
}
