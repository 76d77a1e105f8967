namespace Mesh.Fuzz;

/// <summary>What a run found.</summary>
/// <param name="Format">Target.</param>
/// <param name="Inputs">Inputs tried.</param>
/// <param name="Accepted">Those that were not refused when opened.</param>
/// <param name="Findings">One for each kind of failure.</param>
/// <param name="Failures">Inputs that failed.</param>
/// <param name="MostAllocatedBytes">Most that an input allocated, with its number.</param>
/// <param name="LongestCpu">Most processor time of an input, with its number.</param>
/// <param name="IsAborted">Whether an input did not end and could not be stopped.</param>
public sealed record FuzzReport(
    string Format, int Inputs, int Accepted, IReadOnlyList<FuzzFinding> Findings, int Failures, (long Bytes, int Input) MostAllocatedBytes, (TimeSpan Time, int Input) LongestCpu, bool IsAborted);
