using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>The transactional calls, each repeated for as long as the client says that it may be.</summary>
internal static class Transactions
{
    public static IProducer<Null, string> Open(string bootstrap, string transactionalId)
    {
        var config = Workload.Producer(bootstrap);
        config.TransactionalId = transactionalId;
        config.TransactionTimeoutMs = 10_000;
        config.MessageTimeoutMs = 10_000;
        var producer = new ProducerBuilder<Null, string>(config).SetErrorHandler((_, _) => { }).Build();
        try
        {
            Repeat(() => producer.InitTransactions(Workload.Patience));
            return producer;
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }

    public static void Commit(IProducer<Null, string> producer, string transaction)
    {
        Journal.Write(new HistoryEvent { Kind = HistoryKind.Committing, Transaction = transaction });
        Repeat(() => producer.CommitTransaction(Workload.Patience));
        Journal.Write(new HistoryEvent { Kind = HistoryKind.Committed, Transaction = transaction });
    }

    /// <param name="producer">Producer.</param>
    /// <param name="transaction">Transaction.</param>
    /// <param name="delivered">Records of it that were acknowledged.</param>
    /// <exception cref="UnheardTransactionException">
    /// The connection ended before the broker knew of the transaction. librdkafka cannot tell and asks for the abort all the same; Kafka
    /// answers INVALID_TXN_STATE like the broker here, after which the client does not go on.
    /// </exception>
    public static void Abort(IProducer<Null, string> producer, string transaction, int delivered)
    {
        bool wasHeard = true;
        try
        {
            Repeat(() => producer.AbortTransaction(Workload.Patience));
        }
        catch (KafkaException exception) when (exception.Error.Code == ErrorCode.InvalidTxnState && delivered == 0)
        {
            wasHeard = false;
        }

        Journal.Write(new HistoryEvent { Kind = HistoryKind.Aborted, Transaction = transaction });
        if (!wasHeard) throw new UnheardTransactionException();
    }

    public static bool IsAbortable(KafkaException exception) =>
        exception is KafkaTxnRequiresAbortException || (!exception.Error.IsFatal && exception is not KafkaRetriableException && exception.Error.Code is not (ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch));

    /// <summary>Tells what ended a transactional producer.</summary>
    public static int End(KafkaException exception)
    {
        bool isFenced = exception.Error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch;
        Journal.Write(isFenced ? HistoryKind.Fenced : HistoryKind.Fatal, $"{exception.Error.Code}: {exception.Message}");
        return isFenced ? 0 : 3;
    }

    public static void Repeat(Action call)
    {
        while (true)
        {
            try
            {
                call();
                return;
            }
            catch (KafkaRetriableException)
            {
            }
        }
    }
}
