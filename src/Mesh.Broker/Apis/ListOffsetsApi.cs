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

    private readonly record struct Wanted(int Index, int LeaderEpoch, long Timestamp, int MaxOffsets);

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        request.Int32();
        bool readCommitted = version >= 2 && request.Int8() == 1;
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                int index = partition.Int32();
                int leaderEpoch = version >= 4 ? partition.Int32() : -1;
                long timestamp = partition.Int64();
                int maxOffsets = version == 0 ? partition.Int32() : 1;
                partition.Tags();
                return new Wanted(index, leaderEpoch, timestamp, maxOffsets);
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
            foreach (var wanted in partitions) Write(response, version, allowed, broker.Topics.FindPartition(name, wanted.Index), wanted, readCommitted);
            response.Tags();
        }

        response.Tags();
        return ValueTask.CompletedTask;
    }

    private static void Write(ProtocolWriter response, short version, bool allowed, IPartitionLog? log, Wanted wanted, bool readCommitted)
    {
        var error = !allowed ? ErrorCode.TopicAuthorizationFailed : log is null ? ErrorCode.UnknownTopicOrPartition : LeaderEpochs.Check(log, wanted.LeaderEpoch);
        TimedOffset? found = null;
        IReadOnlyList<long> list = [];
        if (error == ErrorCode.None)
        {
            try
            {
                if (version == 0) list = OldForm(log!, wanted.Timestamp, wanted.MaxOffsets);
                else found = Find(log!, wanted.Timestamp, readCommitted);
            }
            catch (Exception e) when (e is ObjectDisposedException or IOException)
            {
                error = e is IOException ? ErrorCode.KafkaStorageError : ErrorCode.UnknownTopicOrPartition;
            }
        }

        response.Int32(wanted.Index);
        response.Error(error);
        if (version == 0)
        {
            response.Array(list, static (writer, offset) => writer.Int64(offset));
            return;
        }

        response.Int64(found?.TimestampMs ?? -1);
        response.Int64(found?.Offset ?? -1);
        if (version >= 4) response.Int32(found is null ? -1 : log!.LeaderEpoch);
        response.Tags();
    }

    private static TimedOffset? Find(IPartitionLog log, long timestamp, bool readCommitted)
    {
        long end = readCommitted ? log.LastStableOffset : log.HighWatermark;
        switch (timestamp)
        {
            case LatestTimestamp: return new TimedOffset(end, -1);
            case EarliestTimestamp: return new TimedOffset(log.StartOffset, -1);
            case MaxTimestamp when log.Latest is not { } latest: return null;
            case MaxTimestamp: timestamp = log.Latest.Value.TimestampMs; break;
        }

        return log.FindByTime(timestamp) is { } found && found.Offset < end ? found : null;
    }

    /// <summary>Version 0 asks for the beginnings of segments that were written before a time, from the newest down.</summary>
    private static List<long> OldForm(IPartitionLog log, long timestamp, int maxOffsets)
    {
        var offsets = new List<long>();
        if (timestamp == LatestTimestamp) offsets.Add(log.HighWatermark);
        foreach (var segment in log.SegmentOffsets.Reverse())
        {
            if (offsets.Count >= maxOffsets) break;
            long start = Math.Max(segment.Offset, log.StartOffset);
            if (timestamp == EarliestTimestamp && segment.Offset > log.StartOffset) continue;
            if ((timestamp < 0 || segment.TimestampMs <= timestamp) && !offsets.Contains(start)) offsets.Add(start);
        }

        return offsets[..Math.Clamp(maxOffsets, 0, offsets.Count)];
    }
}
