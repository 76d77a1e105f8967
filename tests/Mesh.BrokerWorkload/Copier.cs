using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Reads committed records in a group and writes each into another topic, record and position in one transaction.</summary>
internal sealed class Copier(string bootstrap, string name, string transactionalId)
{
    private const int MaxBatch = 100;
    private readonly List<ConsumeResult<Ignore, string>> batch = [];
    private long number;
    private int delivered;

    public int Run(CancellationToken stopping)
    {
        try
        {
            bool isFirst = true;
            while (!stopping.IsCancellationRequested)
            {
                using var producer = Transactions.Open(bootstrap, transactionalId);
                if (isFirst) Journal.Write(HistoryKind.Ready);
                isFirst = false;
                using var consumer = new ConsumerBuilder<Ignore, string>(Workload.Consumer(bootstrap, Workload.Copiers, "read_committed"))
                    .SetErrorHandler((_, _) => { })
                    .SetPartitionsRevokedHandler((_, _) => batch.Clear())
                    .SetPartitionsLostHandler((_, _) => batch.Clear())
                    .Build();
                consumer.Subscribe(Workload.Input);
                while (!stopping.IsCancellationRequested && TryCopy(consumer, producer)) { }
                try
                {
                    consumer.Close();
                }
                catch (KafkaException)
                {
                }
            }

            return 0;
        }
        catch (UnheardTransactionException)
        {
            return 0;
        }
        catch (KafkaException exception)
        {
            return Transactions.End(exception);
        }
    }

    /// <returns>False when the positions of the consumer no longer fit what is committed, so that both have to begin anew.</returns>
    private bool TryCopy(IConsumer<Ignore, string> consumer, IProducer<Null, string> producer)
    {
        batch.Clear();
        for (long until = Environment.TickCount64 + 200; batch.Count < MaxBatch && Environment.TickCount64 < until;)
        {
            try
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is { } record) batch.Add(record);
            }
            catch (ConsumeException exception) when (!exception.Error.IsFatal)
            {
            }
        }

        if (batch.Count == 0) return true;
        string transaction = $"{name}.{number++}";
        Journal.Write(new HistoryEvent { Kind = HistoryKind.Begin, Transaction = transaction, Topic = Workload.Output, Values = [.. batch.Select(record => record.Message.Value)] });
        Volatile.Write(ref delivered, 0);
        producer.BeginTransaction();
        try
        {
            foreach (var record in batch) producer.Produce(new TopicPartition(Workload.Output, record.Partition), new Message<Null, string> { Value = record.Message.Value }, Count);
            var positions = batch.GroupBy(record => record.TopicPartition).Select(of => new TopicPartitionOffset(of.Key, of.Max(record => record.Offset.Value) + 1));
            Transactions.Repeat(() => producer.SendOffsetsToTransaction(positions, consumer.ConsumerGroupMetadata, Workload.Patience));
            Transactions.Commit(producer, transaction);
            return true;
        }
        catch (KafkaException exception) when (Transactions.IsAbortable(exception))
        {
            Transactions.Abort(producer, transaction, Volatile.Read(ref delivered));
            return false;
        }
    }

    private void Count(DeliveryReport<Null, string> report)
    {
        if (!report.Error.IsError) Interlocked.Increment(ref delivered);
    }
}
