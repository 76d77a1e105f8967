using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Sends unique values in bursts, idempotent or with plain acks=all.</summary>
internal sealed class PlainProducer(string bootstrap, string name, bool isIdempotent)
{
    private const int MaxBurst = 24;
    private readonly Random random = new(Workload.SeedOf(name));

    public int Run(CancellationToken stopping)
    {
        bool isFatal = false;
        var config = Workload.Producer(bootstrap);
        config.EnableIdempotence = isIdempotent;
        using var producer = new ProducerBuilder<Null, string>(config).SetErrorHandler((_, error) =>
        {
            if (!error.IsFatal) return;
            Journal.Write(HistoryKind.Fatal, error.ToString());
            isFatal = true;
        }).Build();
        Journal.Write(HistoryKind.Ready);
        for (long sequence = 0; !stopping.IsCancellationRequested && !isFatal; stopping.WaitHandle.WaitOne(random.Next(30, 200)))
        {
            for (int n = random.Next(1, MaxBurst); n > 0; n--) Send(producer, $"{name}.{sequence++}", random.Next(Workload.Partitions));
        }

        producer.Flush(TimeSpan.FromMinutes(1));
        return isFatal ? 3 : 0;
    }

    /// <summary>One last record in each partition, which shows how far everybody else has come.</summary>
    public static int Mark(string bootstrap)
    {
        using var producer = new ProducerBuilder<Null, string>(Workload.Producer(bootstrap)).SetErrorHandler((_, _) => { }).Build();
        for (int partition = 0; partition < Workload.Partitions; partition++) Send(producer, $"mark.{partition}", partition);
        return producer.Flush(TimeSpan.FromMinutes(1));
    }

    private static void Send(IProducer<Null, string> producer, string value, int partition)
    {
        Journal.Write(new HistoryEvent { Kind = HistoryKind.Send, Topic = Workload.Input, Partition = partition, Value = value });
        producer.Produce(new TopicPartition(Workload.Input, partition), new Message<Null, string> { Value = value }, report => Journal.Write(new HistoryEvent
        {
            Kind = report.Status switch
            {
                PersistenceStatus.Persisted => HistoryKind.Ack,
                PersistenceStatus.NotPersisted => HistoryKind.Failed,
                _ => HistoryKind.Unknown,
            },
            Topic = Workload.Input,
            Partition = partition,
            Offset = report.Offset.IsSpecial ? null : report.Offset.Value,
            Value = value,
            Error = report.Error.IsError ? report.Error.ToString() : null,
        }));
    }
}
