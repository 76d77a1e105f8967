using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Reads all partitions from their beginnings, assigned by hand.</summary>
internal static class Reader
{
    /// <summary>Reads on and on.</summary>
    public static int Follow(string bootstrap, string isolation, CancellationToken stopping)
    {
        using var consumer = Open(bootstrap, isolation);
        Journal.Write(HistoryKind.Ready);
        while (!stopping.IsCancellationRequested)
        {
            if (!TryRead(consumer, out _)) return 3;
        }

        return 0;
    }

    /// <summary>Reads until every partition's readable end, which with <c>read_committed</c> must come to be the end of the log.</summary>
    public static int ToEnd(string bootstrap, string isolation)
    {
        using var consumer = Open(bootstrap, isolation);
        using var asking = new ConsumerBuilder<Ignore, string>(Workload.Consumer(bootstrap, null, "read_uncommitted")).Build();
        var ends = Workload.AllPartitions.ToDictionary(partition => partition, partition => asking.QueryWatermarkOffsets(partition, TimeSpan.FromSeconds(30)).High.Value);
        var reached = new HashSet<TopicPartition>();
        for (long until = Environment.TickCount64 + 120_000; reached.Count < ends.Count && Environment.TickCount64 < until;)
        {
            if (!TryRead(consumer, out var end)) return 3;
            if (end is null || end.Offset.Value < ends[end.TopicPartition]) continue;
            if (reached.Add(end.TopicPartition)) Journal.Write(new HistoryEvent { Kind = HistoryKind.End, Topic = end.Topic, Partition = end.Partition.Value, EndOffset = end.Offset.Value });
        }

        return 0;
    }

    private static IConsumer<Ignore, string> Open(string bootstrap, string isolation)
    {
        var config = Workload.Consumer(bootstrap, null, isolation);
        config.EnablePartitionEof = true;
        var consumer = new ConsumerBuilder<Ignore, string>(config).SetErrorHandler((_, _) => { }).Build();
        foreach (var partition in Workload.AllPartitions) Journal.Write(new HistoryEvent { Kind = HistoryKind.Assigned, Topic = partition.Topic, Partition = partition.Partition.Value });
        consumer.Assign(Workload.AllPartitions.Select(partition => new TopicPartitionOffset(partition, 0)));
        return consumer;
    }

    private static bool TryRead(IConsumer<Ignore, string> consumer, out ConsumeResult<Ignore, string>? end)
    {
        end = null;
        try
        {
            var result = consumer.Consume(TimeSpan.FromMilliseconds(200));
            if (result is { IsPartitionEOF: true }) end = result;
            else if (result is not null) Journal.Write(new HistoryEvent { Kind = HistoryKind.Read, Topic = result.Topic, Partition = result.Partition.Value, Offset = result.Offset.Value, Value = result.Message.Value });
            return true;
        }
        catch (ConsumeException exception) when (exception.Error.IsFatal || exception.Error.Code is ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset)
        {
            // What has been read once is there for ever, so no position in it can be out of range.
            Journal.Write(HistoryKind.Fatal, exception.Error.ToString());
            return false;
        }
        catch (ConsumeException)
        {
            return true;
        }
    }
}
