using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Forgets a group's offsets in topics that no member of it reads (KIP-496).</summary>
internal sealed class OffsetDeleteApi(BrokerState broker) : Api(ApiKey.OffsetDelete, 0, 0, flexibleFrom: short.MaxValue)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string groupId = request.String();
        var topics = request.Array(static topic => (Name: topic.String(), Partitions: topic.Array(static partition => partition.Int32())));

        IReadOnlySet<string> subscribed = new HashSet<string>();
        var error = broker.Authoriser.Allows(context.Principal, AclOperation.Delete, AclResourceType.Group, groupId)
            ? broker.Groups.CheckOffsetDelete(groupId, out subscribed)
            : ErrorCode.GroupAuthorizationFailed;
        ErrorCode Check(string topic, int partition) =>
            !broker.Authoriser.Allows(context.Principal, AclOperation.Read, AclResourceType.Topic, topic) ? ErrorCode.TopicAuthorizationFailed
            : broker.Topics.FindPartition(topic, partition) is null ? ErrorCode.UnknownTopicOrPartition
            : subscribed.Contains(topic) ? ErrorCode.GroupSubscribedToTopic
            : ErrorCode.None;

        if (error == ErrorCode.None)
        {
            var gone = topics.SelectMany(topic => topic.Partitions.Where(partition => Check(topic.Name, partition) == ErrorCode.None)
                .Select(partition => new OffsetChange(topic.Name, partition, null))).ToList();
            if (gone.Count > 0 && !await broker.Offsets.CommitAsync(groupId, gone).ConfigureAwait(false)) error = ErrorCode.CoordinatorNotAvailable;
        }

        response.Error(error);
        response.Int32(0);
        response.Array(error == ErrorCode.None ? topics : [], (writer, topic) =>
        {
            writer.String(topic.Name);
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                inner.Int32(partition);
                inner.Error(Check(topic.Name, partition));
            });
        });
    }
}
