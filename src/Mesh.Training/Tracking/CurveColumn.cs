namespace Mesh.Training.Tracking;

/// <summary>What was logged in some consecutive steps.</summary>
/// <param name="Step">First step that has a value.</param>
/// <param name="Min">Smallest value.</param>
/// <param name="Max">Largest value.</param>
/// <param name="Mean">Mean of the values.</param>
/// <param name="Count">Number of values.</param>
public readonly record struct CurveColumn(long Step, double Min, double Max, double Mean, long Count);
