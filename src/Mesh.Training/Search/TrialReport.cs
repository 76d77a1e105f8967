namespace Mesh.Training.Search;

/// <summary>The objective on the way.</summary>
/// <param name="Step">Step, in the unit the study counts in, usually epochs; from 1.</param>
/// <param name="Value">The metric there.</param>
public readonly record struct TrialReport(long Step, double Value);
