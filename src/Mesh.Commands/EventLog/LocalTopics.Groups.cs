using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Commands.EventLog;

/// <summary>Groups and their offsets.</summary>
public sealed partial class LocalTopics
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<GroupRow>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        var measures = meter?.Current;
        if (broker?.Describe() is { } snapshot)
        {
            return
            [
                .. snapshot.Groups.OrderBy(group => group.Group, StringComparer.Ordinal).Select(group =>
                {
                    string[] topics = [.. group.Offsets.Select(offset => offset.Topic).Distinct().Order(StringComparer.Ordinal)];
                    return new GroupRow(group.Group, group.State, group.Members, topics, group.Offsets.Sum(offset => Math.Max(0, offset.Lag ?? 0)), topics.Any(topic => measures?.IsStalled(group.Group, topic) ?? false));
                }),
            ];
        }

        // Of a cluster's groups only Mesh's own are followed; asking about all of them would take one question each.
        return
        [
            .. (await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false)).Select(group =>
            {
                var topics = measures?.TopicsOf(group.Name) ?? [];
                return topics.Count == 0
                    ? new GroupRow(group.Name, group.State, group.Members, null, null, false)
                    : new GroupRow(group.Name, group.State, group.Members, topics, topics.Sum(topic => measures!.Lag(group.Name, topic) ?? 0), topics.Any(topic => measures!.IsStalled(group.Name, topic)));
            }),
        ];
    }

    /// <inheritdoc/>
    public async Task<GroupDetails?> FindGroupAsync(string group, CancellationToken cancellationToken)
    {
        var (state, members) = await admin.ListMembersAsync(group, cancellationToken).ConfigureAwait(false);
        var lags = await admin.DescribeGroupAsync(group, cancellationToken).ConfigureAwait(false);
        return members.Count == 0 && lags.Count == 0
            ? null
            : new GroupDetails(group, state == "Dead" ? "Empty" : state, members, [.. lags.OrderBy(lag => lag.Topic, StringComparer.Ordinal).ThenBy(lag => lag.Partition)]);
    }

    /// <inheritdoc/>
    public async Task<OffsetPlan> PlanResetAsync(OffsetResetRequest request, CancellationToken cancellationToken)
    {
        var place = LogPlace.Parse(request.To);
        var changes = await admin.PlanOffsetsAsync(request.Group, request.Topic, place.Start ?? TailStart.Earliest, cancellationToken).ConfigureAwait(false);
        if (place.Start is null)
        {
            if (place.Offsets.Keys.FirstOrDefault(partition => changes.All(change => change.Partition != partition), -1) is >= 0 and var unknown)
            {
                throw new MeshException("MESH13201", $"{request.Topic} has no partition {unknown}. `mesh topics describe {request.Topic}` shows its partitions.");
            }

            changes = [.. changes.Where(change => place.Offsets.ContainsKey(change.Partition)).Select(change => change with { After = Math.Clamp(place.Offsets[change.Partition], change.StartOffset, change.EndOffset) })];
        }

        var (_, members) = await admin.ListMembersAsync(request.Group, cancellationToken).ConfigureAwait(false);
        return new OffsetPlan(request, changes, members);
    }

    /// <inheritdoc/>
    public async Task ResetAsync(OffsetPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Members.Count > 0)
        {
            throw new MeshException("MESH13202", $"Group {plan.Request.Group} has {plan.Members.Count:N0} members, the first {plan.Members[0].Client} at {plan.Members[0].Host}. While they read, offsets cannot be set: stop them first.");
        }

        await admin.SetOffsetsAsync(plan.Request.Group, plan.Request.Topic, plan.Changes.ToDictionary(change => change.Partition, change => change.After), cancellationToken).ConfigureAwait(false);
    }
}
