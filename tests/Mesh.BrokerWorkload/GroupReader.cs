using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Reads in a group and commits what it has read.</summary>
internal static class GroupReader
{
    private const int RecordsPerCommit = 50;

    public static int Run(string bootstrap, CancellationToken stopping)
    {
        using var consumer = new ConsumerBuilder<Ignore, string>(Workload.Consumer(bootstrap, Workload.Readers, "read_committed"))
            .SetErrorHandler((_, _) => { })
            .SetPartitionsAssignedHandler((_, partitions) => partitions.ForEach(partition => Write(HistoryKind.Assigned, partition)))
            .SetPartitionsRevokedHandler((_, partitions) => partitions.ForEach(partition => Write(HistoryKind.Revoked, partition.TopicPartition)))
            .SetPartitionsLostHandler((_, partitions) => partitions.ForEach(partition => Write(HistoryKind.Revoked, partition.TopicPartition)))
            .Build();
        consumer.Subscribe(Workload.Input);
        Journal.Write(HistoryKind.Ready);
        int uncommitted = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var record = consumer.Consume(TimeSpan.FromMilliseconds(100));
                if (record is not null)
                {
                    Journal.Write(new HistoryEvent { Kind = HistoryKind.Read, Group = Workload.Readers, Topic = record.Topic, Partition = record.Partition.Value, Offset = record.Offset.Value, Value = record.Message.Value });
                    uncommitted++;
                }

                if (uncommitted == 0 || (record is not null && uncommitted < RecordsPerCommit)) continue;
                uncommitted = 0;
                foreach (var committed in consumer.Commit())
                {
                    Journal.Write(new HistoryEvent { Kind = HistoryKind.OffsetCommitted, Group = Workload.Readers, Topic = committed.Topic, Partition = committed.Partition.Value, Offset = committed.Offset.Value });
                }
            }
            catch (KafkaException exception) when (!exception.Error.IsFatal)
            {
            }
        }

        try
        {
            consumer.Close();
        }
        catch (KafkaException)
        {
        }

        return 0;
    }

    private static void Write(HistoryKind kind, TopicPartition partition) =>
        Journal.Write(new HistoryEvent { Kind = kind, Group = Workload.Readers, Topic = partition.Topic, Partition = partition.Partition.Value });
}
