namespace Mesh.Simulation;

/// <summary>Damage done to a recording on purpose.</summary>
/// <param name="Kind">What was done: <c>truncated</c>.</param>
/// <param name="OriginalBytes">Size before.</param>
/// <param name="OriginalSha256">Lower-case hex SHA-256 before.</param>
public sealed record DamageTruth(string Kind, long OriginalBytes, string OriginalSha256);
