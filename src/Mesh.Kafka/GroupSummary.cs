namespace Mesh.Kafka;

/// <summary>A consumer group in a list.</summary>
/// <param name="Name">Group.</param>
/// <param name="State">Kafka's word: Stable, Empty, PreparingRebalance, CompletingRebalance, Dead.</param>
/// <param name="Members">Members at the moment.</param>
public sealed record GroupSummary(string Name, string State, int Members);
