namespace Mesh.Fuzz;

/// <summary>What makes a message the same in two readings of a recording.</summary>
/// <param name="Topic">Topic of its channel.</param>
/// <param name="LogTimeNs">Log time.</param>
/// <param name="PayloadHash">First bytes of the SHA-256 of its payload.</param>
public readonly record struct MessageKey(string Topic, ulong LogTimeNs, ulong PayloadHash);
