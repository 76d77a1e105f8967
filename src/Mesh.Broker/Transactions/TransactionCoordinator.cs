using System.Collections.Concurrent;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Transactions;

/// <summary>
/// Coordinates every transaction of the broker (KIP-98): who may write under a transactional id, what belongs to its transaction, and that
/// all of it is committed or none. A decision is in the log of transactions before the first marker is written, and what was decided is
/// carried out however often the broker dies.
/// </summary>
internal sealed partial class TransactionCoordinator : IAsyncDisposable
{
    private readonly TransactionSettings settings;
    private readonly ProducerIds producerIds;
    private readonly Func<TopicPartition, IPartitionLog?> partitions;
    private readonly OffsetStore offsets;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ConcurrentDictionary<string, Transaction> transactions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Transaction> byProducer = [];
    private readonly CancellationTokenSource stopping = new();
    private EntryLog log = null!;
    private Task sweeping = Task.CompletedTask;

    private TransactionCoordinator(
        TransactionSettings settings, ProducerIds producerIds, Func<TopicPartition, IPartitionLog?> partitions, OffsetStore offsets, TimeProvider time, ILogger logger)
    {
        this.settings = settings;
        this.producerIds = producerIds;
        this.partitions = partitions;
        this.offsets = offsets;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Restores the transactions of a data folder and carries out what was decided and not finished.</summary>
    public static async ValueTask<TransactionCoordinator> OpenAsync(
        string folder, FlushPolicy flush, TransactionSettings settings, ProducerIds producerIds, Func<TopicPartition, IPartitionLog?> partitions, OffsetStore offsets, TimeProvider time, ILogger logger)
    {
        Directory.CreateDirectory(folder);
        var coordinator = new TransactionCoordinator(settings, producerIds, partitions, offsets, time, logger);
        coordinator.log = await EntryLog.OpenAsync(Path.Combine(folder, "transactions.log"), flush, logger, content => coordinator.Restore(TransactionImage.Decode(content)), coordinator.Snapshot).ConfigureAwait(false);
        foreach (var transaction in coordinator.transactions.Values.Where(transaction => transaction.Image!.IsPrepared)) await coordinator.CompleteAsync(transaction).ConfigureAwait(false);
        await coordinator.DropUnknownOffsetsAsync().ConfigureAwait(false);
        return coordinator;
    }

    /// <summary>Aborts overdue transactions and forgets unused ids from now on, until the coordinator is disposed.</summary>
    public void StartSweeping() => sweeping = SweepOnAndOnAsync();

    /// <summary>State of a transactional id; null when it is not known.</summary>
    public TransactionImage? Find(string transactionalId) =>
        transactions.TryGetValue(transactionalId, out var transaction) && transaction.Image is { State: not TransactionState.Dead } image ? image : null;

    /// <summary>Whether a producer id was given out under a transactional id.</summary>
    public bool Has(long producerId) => byProducer.ContainsKey(producerId);

    /// <summary>
    /// Admits a write of a producer into a partition of its ongoing transaction; <see cref="Transaction.Leave"/> of
    /// <paramref name="admitted"/> must follow when it is done.
    /// </summary>
    public ErrorCode Enter(string transactionalId, long producerId, short epoch, TopicPartition partition, out Transaction? admitted) =>
        transactions.TryGetValue(transactionalId, out admitted) ? admitted.Enter(producerId, epoch, partition) : ErrorCode.InvalidProducerIdMapping;

    /// <summary>Admits offsets of a group that belongs to the ongoing transaction.</summary>
    public ErrorCode Enter(string transactionalId, long producerId, short epoch, string group, out Transaction? admitted) =>
        transactions.TryGetValue(transactionalId, out admitted) ? admitted.Enter(producerId, epoch, group) : ErrorCode.InvalidProducerIdMapping;

    /// <summary>Makes partitions part of the transaction, which begins with the first of them.</summary>
    public ValueTask<ErrorCode> AddPartitionsAsync(string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> added) =>
        AddAsync(transactionalId, producerId, epoch, added, []);

    /// <summary>Makes a group's offsets part of the transaction.</summary>
    public ValueTask<ErrorCode> AddGroupAsync(string transactionalId, long producerId, short epoch, string group) =>
        AddAsync(transactionalId, producerId, epoch, [], [group]);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await sweeping.ConfigureAwait(false);
        await log.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async ValueTask<ErrorCode> AddAsync(string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> added, string[] addedGroups)
    {
        if (transactionalId.Length == 0) return ErrorCode.InvalidRequest;
        if (!transactions.TryGetValue(transactionalId, out var transaction)) return ErrorCode.InvalidProducerIdMapping;
        await transaction.Changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Check(transaction.Image, producerId, epoch) is not ErrorCode.None and var error) return error;
            if (transaction.Image!.IsPrepared && !await CompleteAsync(transaction).ConfigureAwait(false)) return ErrorCode.ConcurrentTransactions;

            var image = transaction.Image!;
            bool ongoing = image.State == TransactionState.Ongoing;
            if (ongoing && added.All(image.Partitions.Contains) && addedGroups.All(image.Groups.Contains)) return ErrorCode.None;
            var next = image with
            {
                State = TransactionState.Ongoing,
                StartedMs = ongoing ? image.StartedMs : NowMs,
                UpdatedMs = NowMs,
                Partitions = [.. image.Partitions, .. added],
                Groups = [.. image.Groups, .. addedGroups],
            };
            return await WriteAsync(transaction, next).ConfigureAwait(false) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
        }
        finally
        {
            transaction.Changing.Release();
        }
    }

    private static ErrorCode Check(TransactionImage? image, long producerId, short epoch)
    {
        if (image is null || image.State == TransactionState.Dead || image.ProducerId != producerId) return ErrorCode.InvalidProducerIdMapping;
        return image.Epoch == epoch ? ErrorCode.None : ErrorCode.ProducerFenced;
    }

    /// <summary>Writes a state; what is in memory is what is in the file, also when it could not be synchronised.</summary>
    private ValueTask<bool> WriteAsync(Transaction transaction, TransactionImage next, bool synchronise = true) =>
        log.AppendAsync(next.Encode(), () => Apply(transaction, next), synchronise);

    private void Apply(Transaction transaction, TransactionImage next)
    {
        if (transaction.Image is { } last && (last.ProducerId != next.ProducerId || next.State == TransactionState.Dead)) byProducer.TryRemove(last.ProducerId, out _);
        if (next.State != TransactionState.Dead) byProducer[next.ProducerId] = transaction;
        transaction.Image = next;
    }

    private void Restore(TransactionImage image)
    {
        Apply(transactions.GetOrAdd(image.Id, static _ => new Transaction()), image);
        if (image.State == TransactionState.Dead) transactions.TryRemove(image.Id, out _);
    }

    private IEnumerable<byte[]> Snapshot() =>
        transactions.Values.Select(transaction => transaction.Image).OfType<TransactionImage>().Where(image => image.State != TransactionState.Dead).Select(image => image.Encode());
}
