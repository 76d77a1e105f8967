using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Tells a group's offsets.</summary>
internal sealed class OffsetFetchApi(BrokerState broker) : Api(ApiKey.OffsetFetch, 0, 9, flexibleFrom: 6)
{
    private sealed record WantedTopic(string Name, List<int> Partitions);

    private sealed record WantedGroup(string Id, List<WantedTopic>? Topics);

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        List<WantedGroup> groups = version < 8
            ? [new WantedGroup(request.String(), request.NullableArray(ReadTopic))]
            : request.Array(reader =>
            {
                string id = reader.String();
                if (version >= 9)
                {
                    reader.NullableString();
                    reader.Int32();
                }

                var group = new WantedGroup(id, reader.NullableArray(ReadTopic));
                reader.Tags();
                return group;
            });
        bool requireStable = version >= 7 && request.Boolean();
        request.Tags();

        if (version >= 3) response.Int32(0);
        if (version >= 8)
        {
            response.Array(groups, (writer, group) =>
            {
                writer.String(group.Id);
                WriteTopics(writer, version, context.Principal, group, requireStable);
                writer.Error(IsAllowed(context.Principal, group) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed);
                writer.Tags();
            });
        }
        else
        {
            WriteTopics(response, version, context.Principal, groups[0], requireStable);
            if (version >= 2) response.Error(IsAllowed(context.Principal, groups[0]) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed);
        }

        response.Tags();
        return ValueTask.CompletedTask;
    }

    private static WantedTopic ReadTopic(ProtocolReader reader)
    {
        var topic = new WantedTopic(reader.String(), reader.Array(static partition => partition.Int32()));
        reader.Tags();
        return topic;
    }

    private bool IsAllowed(Principal principal, WantedGroup group) => broker.Authoriser.AllowsGroup(principal, AclOperation.Describe, group.Id);

    private void WriteTopics(ProtocolWriter response, short version, Principal principal, WantedGroup group, bool requireStable)
    {
        // Before version 2 only the partitions can carry the error; from then on the group does.
        bool allowed = IsAllowed(principal, group);
        List<WantedTopic> topics = !allowed && version >= 2 ? [] : group.Topics ?? All(group.Id, requireStable).FindAll(topic => broker.Authoriser.AllowsTopic(principal, AclOperation.Describe, topic.Name));
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            var error = !allowed ? ErrorCode.GroupAuthorizationFailed
                : broker.Authoriser.AllowsTopic(principal, AclOperation.Describe, topic.Name) ? ErrorCode.None
                : ErrorCode.TopicAuthorizationFailed;
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                // Who asked for stable offsets would read records twice if it began before the transaction that moves them has ended (KIP-447).
                bool unstable = requireStable && broker.Offsets.IsPending(group.Id, topic.Name, partition);
                var committed = (unstable || error != ErrorCode.None ? null : broker.Offsets.Find(group.Id, topic.Name, partition)) ?? new CommittedOffset(-1, -1, "");
                inner.Int32(partition);
                inner.Int64(committed.Offset);
                if (version >= 5) inner.Int32(committed.LeaderEpoch);
                inner.NullableString(committed.Metadata);
                inner.Error(error == ErrorCode.None && unstable ? ErrorCode.UnstableOffsetCommit : error);
                inner.Tags();
            });
            writer.Tags();
        });
    }

    private List<WantedTopic> All(string group, bool withPending)
    {
        var known = broker.Offsets.OfGroup(group).Select(static o => (o.Topic, o.Partition));
        if (withPending) known = known.Union(broker.Offsets.PendingOfGroup(group));
        return [.. known.GroupBy(static o => o.Topic).Select(static o => new WantedTopic(o.Key, [.. o.Select(static each => each.Partition)]))];
    }
}
