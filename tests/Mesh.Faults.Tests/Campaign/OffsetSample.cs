namespace Mesh.Faults.Tests.Campaign;

/// <summary>A position as it was seen.</summary>
/// <param name="Key">Whose, of what.</param>
/// <param name="Value">Next offset.</param>
/// <param name="Epoch">Raised when somebody set the position back on purpose.</param>
internal sealed record OffsetSample(string Key, long Value, int Epoch);
