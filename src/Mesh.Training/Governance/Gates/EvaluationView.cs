namespace Mesh.Training.Governance.Gates;

/// <summary>What a trainer measured on held-out data, as <c>evaluation.json</c> of a version has it.</summary>
/// <param name="Sha256">SHA-256 of the file; empty when there is none on this machine.</param>
/// <param name="Slices">Parts of the hold-out; at most <see cref="MaxSlices"/>.</param>
/// <param name="SliceCount">How many there are in all.</param>
/// <param name="Robustness">Metrics on disturbed inputs.</param>
/// <param name="Holdouts">Metrics on frozen hold-outs, by the name of the hold-out.</param>
public sealed record EvaluationView(
    string Sha256, IReadOnlyList<EvaluatedSlice> Slices, int SliceCount, IReadOnlyDictionary<string, double> Robustness, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Holdouts)
{
    /// <summary>Slices that are listed.</summary>
    public const int MaxSlices = 1000;
}
