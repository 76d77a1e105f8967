namespace Mesh.Streaming.DeadLetters;

/// <summary>Something that happened to a letter.</summary>
/// <param name="At">When.</param>
/// <param name="Action"><c>written</c>, <c>replay_asked</c>, <c>replayed</c>, <c>failed_again</c>, <c>released</c> or <c>dropped</c>.</param>
/// <param name="Detail">For people: a reason, a count, a replay.</param>
/// <param name="Topology">Topology it was replayed through; empty when none was.</param>
/// <param name="TopologyVersion">Its version.</param>
/// <param name="TopologyDigest">Digest of its file, so that the decoder used can be told.</param>
public sealed record DeadLetterChange(
    DateTimeOffset At, string Action, string Detail, string Topology, string TopologyVersion, string TopologyDigest);
