namespace Mesh.Training.Handoff.Evidence;

/// <summary>A number, what was asked of it, and how sure it is.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Slice">Part of the data, <c>COLUMN=VALUE</c>; null for all.</param>
/// <param name="N">Samples.</param>
/// <param name="Op"><c>&gt;=</c> or <c>&lt;=</c>.</param>
/// <param name="Threshold">What was asked for.</param>
/// <param name="Value">What was measured.</param>
/// <param name="CiLow">Lower end of the 95 % interval; null when there is none for the metric.</param>
/// <param name="CiHigh">Upper end.</param>
public sealed record Acceptance(string Metric, string? Slice, long N, string Op, double Threshold, double Value, double? CiLow, double? CiHigh)
{
    /// <summary>Whether the end of the interval that counts meets what was asked for; null without an interval.</summary>
    internal bool? Holds => Op == ">=" ? CiLow is { } low ? low >= Threshold : null : CiHigh is { } high ? high <= Threshold : null;
}
