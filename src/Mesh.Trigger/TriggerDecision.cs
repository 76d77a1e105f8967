namespace Mesh.Trigger;

/// <summary>What a rule made of a snapshot; append-only, one per rule, product and snapshot, plus one per firing that waited for a cooldown.</summary>
/// <param name="Id">Order of the decisions.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Product">The product.</param>
/// <param name="SnapshotId">The snapshot looked at.</param>
/// <param name="Outcome"><c>fired</c>, <c>waiting</c> (not enough new data), <c>cooldown</c> (due, but too soon) or <c>covered</c> (a range that has fired includes it).</param>
/// <param name="Reason">Numbers behind it, for people.</param>
/// <param name="TriggerId">The firing, when it fired.</param>
/// <param name="DecidedAt">When.</param>
public sealed record TriggerDecision(
    long Id, string Rule, string Product, long SnapshotId, string Outcome, string Reason, string? TriggerId, DateTimeOffset DecidedAt);
