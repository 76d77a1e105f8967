using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Asks again and again for the ends of the log and for the groups' offsets.</summary>
internal static class Watcher
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static int Run(string bootstrap, CancellationToken stopping)
    {
        using var readers = Open(bootstrap, Workload.Readers);
        using var copiers = Open(bootstrap, Workload.Copiers);
        Journal.Write(HistoryKind.Ready);
        for (; !stopping.IsCancellationRequested; stopping.WaitHandle.WaitOne(150))
        {
            try
            {
                Offsets(readers, Workload.Readers);
                Offsets(copiers, Workload.Copiers);
                foreach (var partition in Workload.AllPartitions)
                {
                    var watermarks = readers.QueryWatermarkOffsets(partition, Patience);
                    Journal.Write(new HistoryEvent { Kind = HistoryKind.Watermarks, Topic = partition.Topic, Partition = partition.Partition.Value, Offset = watermarks.Low.Value, EndOffset = watermarks.High.Value });
                }
            }
            catch (KafkaException)
            {
            }
        }

        return 0;
    }

    private static void Offsets(IConsumer<Ignore, Ignore> consumer, string group)
    {
        foreach (var committed in consumer.Committed(Workload.AllPartitions.Where(partition => partition.Topic == Workload.Input), Patience))
        {
            if (committed.Offset.IsSpecial) continue;
            Journal.Write(new HistoryEvent { Kind = HistoryKind.GroupOffset, Group = group, Topic = committed.Topic, Partition = committed.Partition.Value, Offset = committed.Offset.Value });
        }
    }

    private static IConsumer<Ignore, Ignore> Open(string bootstrap, string group) =>
        new ConsumerBuilder<Ignore, Ignore>(Workload.Consumer(bootstrap, group, "read_uncommitted")).SetErrorHandler((_, _) => { }).Build();
}
