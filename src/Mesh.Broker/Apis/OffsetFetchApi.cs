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
        if (version >= 7) request.Boolean();
        request.Tags();

        if (version >= 3) response.Int32(0);
        if (version >= 8)
        {
            response.Array(groups, (writer, group) =>
            {
                writer.String(group.Id);
                WriteTopics(writer, version, context.Principal, group);
                writer.Error(IsAllowed(context.Principal, group) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed);
                writer.Tags();
            });
        }
        else
        {
            WriteTopics(response, version, context.Principal, groups[0]);
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

    private void WriteTopics(ProtocolWriter response, short version, Principal principal, WantedGroup group)
    {
        // Before version 2 only the partitions can carry the error; from then on the group does.
        bool allowed = IsAllowed(principal, group);
        List<WantedTopic> topics = !allowed && version >= 2 ? [] : group.Topics ?? [.. broker.Offsets.OfGroup(group.Id).Where(o => broker.Authoriser.AllowsTopic(principal, AclOperation.Describe, o.Topic)).GroupBy(o => o.Topic).Select(o => new WantedTopic(o.Key, [.. o.Select(each => each.Partition)]))];
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            var error = !allowed ? ErrorCode.GroupAuthorizationFailed
                : broker.Authoriser.AllowsTopic(principal, AclOperation.Describe, topic.Name) ? ErrorCode.None
                : ErrorCode.TopicAuthorizationFailed;
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                var committed = (error == ErrorCode.None ? broker.Offsets.Find(group.Id, topic.Name, partition) : null) ?? new CommittedOffset(-1, -1, "");
                inner.Int32(partition);
                inner.Int64(committed.Offset);
                if (version >= 5) inner.Int32(committed.LeaderEpoch);
                inner.NullableString(committed.Metadata);
                inner.Error(error);
                inner.Tags();
            });
            writer.Tags();
        });
    }
}
