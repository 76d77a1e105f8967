using Mesh.Kafka;

namespace Mesh.Commands.EventLog;

/// <summary>What a reset sets.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Changes">Partition by partition.</param>
/// <param name="Members">Members of the group now; while there are any, offsets cannot be set.</param>
public sealed record OffsetPlan(OffsetResetRequest Request, IReadOnlyList<OffsetChange> Changes, IReadOnlyList<GroupMember> Members)
{
    /// <summary>Records that the group will read again.</summary>
    public long Again => Changes.Sum(change => change.Before is { } before ? Math.Max(0, Math.Min(before, change.EndOffset) - change.After) : 0);

    /// <summary>Records that the group will not read.</summary>
    public long Skipped => Changes.Sum(change => Math.Max(0, change.After - Math.Max(change.Before ?? change.StartOffset, change.StartOffset)));

    /// <summary>The same as exact offsets, <c>0:17,1:4</c>.</summary>
    public string ExactPlace => LogPlace.Exact(Changes.ToDictionary(change => change.Partition, change => change.After));
}
