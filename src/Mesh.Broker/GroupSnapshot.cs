namespace Mesh.Broker;

/// <summary>A consumer group at a moment.</summary>
/// <param name="Group">Id.</param>
/// <param name="State">Kafka's name of its state: Empty, PreparingRebalance, CompletingRebalance, Stable.</param>
/// <param name="Members">Number of members.</param>
/// <param name="Offsets">Committed offsets.</param>
public sealed record GroupSnapshot(string Group, string State, int Members, IReadOnlyList<GroupOffsetSnapshot> Offsets);
