using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Says where a leader epoch ended, so that a consumer notices when what it has read is no longer there (KIP-101, KIP-320).</summary>
internal sealed class OffsetForLeaderEpochApi(BrokerState broker) : Api(ApiKey.OffsetForLeaderEpoch, 0, 4, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        if (version >= 3) request.Int32();
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                var wanted = (Index: partition.Int32(), Current: version >= 2 ? partition.Int32() : -1, Epoch: partition.Int32());
                partition.Tags();
                return wanted;
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        if (version >= 2) response.Int32(0);
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            bool allowed = broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Describe, topic.Name);
            writer.Array(topic.Partitions, (inner, wanted) =>
            {
                var log = broker.Topics.FindPartition(topic.Name, wanted.Index);
                var error = !allowed ? ErrorCode.TopicAuthorizationFailed : log is null ? ErrorCode.UnknownTopicOrPartition : LeaderEpochs.Check(log, wanted.Current);
                var (epoch, endOffset) = error == ErrorCode.None ? log!.EndOffsetOf(wanted.Epoch) : (-1, -1);
                inner.Error(error);
                inner.Int32(wanted.Index);
                if (version >= 1) inner.Int32(epoch);
                inner.Int64(endOffset);
                inner.Tags();
            });
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
