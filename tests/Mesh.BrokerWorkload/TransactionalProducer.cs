using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Writes transactions over several partitions; commits most and aborts some.</summary>
internal sealed class TransactionalProducer(string bootstrap, string name, string transactionalId)
{
    private const int MaxValues = 12;
    private readonly Random random = new(Workload.SeedOf(name));
    private int delivered;

    public int Run(CancellationToken stopping)
    {
        try
        {
            using var producer = Transactions.Open(bootstrap, transactionalId);
            Journal.Write(HistoryKind.Ready);
            for (long number = 0; !stopping.IsCancellationRequested; number++)
            {
                Transact(producer, $"{name}.{number}", stopping);
                stopping.WaitHandle.WaitOne(random.Next(10, 100));
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

    private void Transact(IProducer<Null, string> producer, string transaction, CancellationToken stopping)
    {
        string[] values = [.. Enumerable.Range(0, random.Next(1, MaxValues)).Select(i => $"{transaction}.{i}")];
        bool mayCommit = random.Next(4) > 0;
        Journal.Write(new HistoryEvent { Kind = HistoryKind.Begin, Transaction = transaction, Topic = Workload.Input, Values = values });
        Volatile.Write(ref delivered, 0);
        producer.BeginTransaction();
        try
        {
            foreach (string value in values)
            {
                producer.Produce(new TopicPartition(Workload.Input, random.Next(Workload.Partitions)), new Message<Null, string> { Value = value }, Count);

                // Some transactions stay open for a while, so that others' records lie behind them and faults find them open.
                if (random.Next(20) == 0) stopping.WaitHandle.WaitOne(random.Next(500));
            }

            if (mayCommit) Transactions.Commit(producer, transaction);
            else Transactions.Abort(producer, transaction, Volatile.Read(ref delivered));
        }
        catch (KafkaException exception) when (Transactions.IsAbortable(exception))
        {
            Transactions.Abort(producer, transaction, Volatile.Read(ref delivered));
        }
    }

    private void Count(DeliveryReport<Null, string> report)
    {
        if (!report.Error.IsError) Interlocked.Increment(ref delivered);
    }
}
