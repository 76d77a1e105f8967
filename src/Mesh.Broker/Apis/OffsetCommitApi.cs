using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Stores a group's offsets.</summary>
internal sealed class OffsetCommitApi(BrokerState broker) : Api(ApiKey.OffsetCommit, 0, 9, flexibleFrom: 8)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string groupId = request.String();
        int generation = version >= 1 ? request.Int32() : -1;
        string memberId = version >= 1 ? request.String() : "";
        string? instanceId = version >= 7 ? request.NullableString() : null;
        if (version is >= 2 and <= 4) request.Int64();
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                int index = partition.Int32();
                long offset = partition.Int64();
                int leaderEpoch = version >= 6 ? partition.Int32() : -1;
                if (version == 1) partition.Int64();
                string? metadata = partition.NullableString();
                partition.Tags();
                return (Index: index, Committed: new CommittedOffset(offset, leaderEpoch, metadata));
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        var groupError = !broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Read, groupId) ? ErrorCode.GroupAuthorizationFailed
            : groupId.Length == 0 ? ErrorCode.InvalidGroupId
            : broker.Groups.CheckCommit(groupId, memberId, instanceId, generation, transactional: false);
        var changes = new List<OffsetChange>();
        if (groupError == ErrorCode.None)
        {
            foreach (var (name, partitions) in topics)
            {
                foreach (var (index, committed) in partitions)
                {
                    if (CheckPartition(context.Principal, name, index, committed) == ErrorCode.None) changes.Add(new OffsetChange(name, index, committed));
                }
            }

            if (changes.Count > 0 && !await broker.Offsets.CommitAsync(groupId, changes).ConfigureAwait(false)) groupError = ErrorCode.CoordinatorNotAvailable;
        }

        if (version >= 3) response.Int32(0);
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                inner.Int32(partition.Index);
                inner.Error(groupError != ErrorCode.None ? groupError : CheckPartition(context.Principal, topic.Name, partition.Index, partition.Committed));
                inner.Tags();
            });
            writer.Tags();
        });
        response.Tags();
    }

    private ErrorCode CheckPartition(Principal principal, string topic, int partition, CommittedOffset committed)
    {
        if (!broker.Authoriser.AllowsTopic(principal, AclOperation.Read, topic)) return ErrorCode.TopicAuthorizationFailed;
        if (committed.Metadata?.Length > CommittedOffset.MaxMetadataLength) return ErrorCode.OffsetMetadataTooLarge;
        return broker.Topics.FindPartition(topic, partition) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None;
    }
}
