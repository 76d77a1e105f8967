namespace Mesh.Commands.Topologies.Testing;

/// <summary>How a case ended.</summary>
/// <param name="File">The test file.</param>
/// <param name="Case">Name of the case.</param>
/// <param name="Passed">Whether everything was as expected.</param>
/// <param name="Differences">What was not.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record TopologyTestResult(string File, string Case, bool Passed, IReadOnlyList<string> Differences, double Seconds);
