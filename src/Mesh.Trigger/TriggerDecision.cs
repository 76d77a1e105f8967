using System.Text.Json.Serialization;

namespace Mesh.Trigger;

/// <summary>What a rule made of a snapshot; append-only, one per rule, product and snapshot, plus one whenever what holds a due rule back changes.</summary>
public sealed record TriggerDecision
{
    /// <summary>Order of the decisions.</summary>
    public required long Id { get; init; }

    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>The product; those of a join with <c> + </c> between.</summary>
    public required string Product { get; init; }

    /// <summary>The snapshot looked at; text in JSON, because it exceeds what JavaScript's numbers hold.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long SnapshotId { get; init; }

    /// <summary>
    /// <c>fired</c>, <c>waiting</c> (not enough new data), <c>covered</c> (a range that has fired includes it), or what holds a due rule back:
    /// <c>debounce</c>, <c>cooldown</c>, <c>schedule</c>, <c>budget</c>, <c>pending</c> (a job of the rule has not ended).
    /// </summary>
    public required string Outcome { get; init; }

    /// <summary>Numbers behind it, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>What was measured, condition by condition.</summary>
    public required IReadOnlyList<ConditionProgress> Measured { get; init; }

    /// <summary>The firing, when it fired.</summary>
    public string? TriggerId { get; init; }

    /// <summary>The earliest time at which a rule that is held back can fire; null when that is not known.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
}
