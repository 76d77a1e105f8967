using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Stores a group's offsets that become valid when the producer's transaction is committed.</summary>
internal sealed class TxnOffsetCommitApi(BrokerState broker) : Api(ApiKey.TxnOffsetCommit, 0, 3, flexibleFrom: 3)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string transactionalId = request.String();
        string groupId = request.String();
        long producerId = request.Int64();
        short epoch = request.Int16();
        int generation = version >= 3 ? request.Int32() : -1;
        string memberId = version >= 3 ? request.String() : "";
        string? instanceId = version >= 3 ? request.NullableString() : null;
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                int index = partition.Int32();
                long offset = partition.Int64();
                int leaderEpoch = version >= 2 ? partition.Int32() : -1;
                var committed = new CommittedOffset(offset, leaderEpoch, partition.NullableString());
                partition.Tags();
                return (Index: index, Committed: committed);
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        var changes = new List<OffsetChange>();
        var refused = new Dictionary<(string, int), ErrorCode>();
        foreach (var (name, partitions) in topics)
        {
            foreach (var (index, committed) in partitions)
            {
                if (Check(context.Principal, name, index, committed) is not ErrorCode.None and var reason) refused[(name, index)] = reason;
                else changes.Add(new OffsetChange(name, index, committed));
            }
        }

        var error = !broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId) ? ErrorCode.TransactionalIdAuthorizationFailed
            : !broker.Authoriser.Allows(context.Principal, AclOperation.Read, AclResourceType.Group, groupId) ? ErrorCode.GroupAuthorizationFailed
            : groupId.Length == 0 ? ErrorCode.InvalidGroupId
            : broker.Groups.CheckCommit(groupId, memberId, instanceId, generation, transactional: true);
        if (error == ErrorCode.None && changes.Count > 0) error = await PendAsync(transactionalId, producerId, epoch, groupId, changes).ConfigureAwait(false);

        response.Int32(0);
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                inner.Int32(partition.Index);
                inner.Error(error != ErrorCode.None ? error : refused.GetValueOrDefault((topic.Name, partition.Index)));
                inner.Tags();
            });
            writer.Tags();
        });
        response.Tags();
    }

    private async ValueTask<ErrorCode> PendAsync(string transactionalId, long producerId, short epoch, string groupId, List<OffsetChange> changes)
    {
        var error = broker.Transactions.Enter(transactionalId, producerId, epoch, groupId, out var admitted);
        if (error != ErrorCode.None) return error;
        try
        {
            return await broker.Offsets.PendAsync(producerId, groupId, changes).ConfigureAwait(false) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
        }
        finally
        {
            admitted!.Leave();
        }
    }

    private ErrorCode Check(Principal principal, string topic, int partition, CommittedOffset committed)
    {
        if (!broker.Authoriser.Allows(principal, AclOperation.Read, AclResourceType.Topic, topic)) return ErrorCode.TopicAuthorizationFailed;
        if (committed.Metadata?.Length > CommittedOffset.MaxMetadataLength) return ErrorCode.OffsetMetadataTooLarge;
        return broker.Topics.FindPartition(topic, partition) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None;
    }
}
