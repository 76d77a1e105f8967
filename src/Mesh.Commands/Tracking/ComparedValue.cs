namespace Mesh.Commands.Tracking;

/// <summary>What several runs have under one name.</summary>
/// <param name="Key">The name.</param>
/// <param name="Values">The value of each run; null where it has none.</param>
/// <param name="Differs">Whether the runs do not all have the same.</param>
public sealed record ComparedValue(string Key, IReadOnlyList<string?> Values, bool Differs);
