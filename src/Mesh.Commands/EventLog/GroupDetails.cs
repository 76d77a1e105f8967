using Mesh.Kafka;

namespace Mesh.Commands.EventLog;

/// <summary>A consumer group.</summary>
/// <param name="Name">Group.</param>
/// <param name="State">Kafka's word: Stable, Empty, PreparingRebalance, CompletingRebalance, Dead.</param>
/// <param name="Members">Its members.</param>
/// <param name="Lags">How far it is in every partition it has committed an offset of.</param>
public sealed record GroupDetails(string Name, string State, IReadOnlyList<GroupMember> Members, IReadOnlyList<GroupLag> Lags);
