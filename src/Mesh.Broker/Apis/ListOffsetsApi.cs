using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Finds offsets: the first, the next, or by time.</summary>
internal sealed class ListOffsetsApi(BrokerState broker) : Api(ApiKey.ListOffsets, 0, 7, flexibleFrom: 6)
{
    private const long LatestTimestamp = -1;
    private const long EarliestTimestamp = -2;
    private const long MaxTimestamp = -3;

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        request.Int32();
        if (version >= 2) request.Int8();
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                int index = partition.Int32();
                if (version >= 4) partition.Int32();
                long timestamp = partition.Int64();
                if (version == 0) partition.Int32();
                partition.Tags();
                return (Index: index, Timestamp: timestamp);
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        if (version >= 2) response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var (name, partitions) in topics)
        {
            response.String(name);
            response.ArrayLength(partitions.Count);
            bool allowed = broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Describe, name);
            foreach (var (index, timestamp) in partitions)
            {
                var log = allowed ? broker.Topics.FindPartition(name, index) : null;
                var found = log is null ? null : await FindAsync(log, timestamp).ConfigureAwait(false);
                response.Int32(index);
                response.Error(!allowed ? ErrorCode.TopicAuthorizationFailed : log is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None);
                if (version == 0)
                {
                    response.ArrayLength(found is null ? 0 : 1);
                    if (found is not null) response.Int64(found.Value.Offset);
                }
                else
                {
                    response.Int64(found?.TimestampMs ?? -1);
                    response.Int64(found?.Offset ?? -1);
                }

                if (version >= 4) response.Int32(found is null ? -1 : 0);
                response.Tags();
            }

            response.Tags();
        }

        response.Tags();
    }

    private static async ValueTask<TimedOffset?> FindAsync(IPartitionLog log, long timestamp) => timestamp switch
    {
        LatestTimestamp => new TimedOffset(log.HighWatermark, -1),
        EarliestTimestamp => new TimedOffset(log.StartOffset, -1),
        MaxTimestamp => log.Latest,
        _ => await log.FindByTimeAsync(timestamp).ConfigureAwait(false),
    };
}
