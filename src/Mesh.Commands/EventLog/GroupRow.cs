namespace Mesh.Commands.EventLog;

/// <summary>A consumer group in a list.</summary>
/// <param name="Name">Group.</param>
/// <param name="State">Kafka's word: Stable, Empty, PreparingRebalance, CompletingRebalance, Dead.</param>
/// <param name="Members">Members at the moment.</param>
/// <param name="Topics">Topics it has read; null when the log was not asked.</param>
/// <param name="Lag">Records it has not finished; null when the log was not asked.</param>
/// <param name="IsStalled">Whether records wait and it has not got on for a while.</param>
public sealed record GroupRow(string Name, string State, int Members, IReadOnlyList<string>? Topics, long? Lag, bool IsStalled);
