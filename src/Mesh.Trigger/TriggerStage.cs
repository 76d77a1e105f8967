using Google.Protobuf;
using Mesh.Kafka.Events;
using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Trigger;

/// <summary>
/// Consumes <c>lake.snapshot-committed.v1</c> as group <c>mesh.trigger</c> and asks for jobs through the outbox. Offsets are committed
/// after the transaction, so an event may be read twice and counts once.
/// </summary>
public sealed class TriggerStage
{
    private const string Group = "mesh.trigger";
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);

    private readonly KafkaOptions kafka;
    private readonly MetadataDatabase database;
    private readonly TriggerEvaluator evaluator;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    /// <param name="kafka">The event log.</param>
    /// <param name="database">State and outbox.</param>
    /// <param name="rules">Rules of all topologies; asked anew for every snapshot, as topologies come and go.</param>
    /// <param name="tableOf">The table that holds a product; null while there is none. Must be quick: it is asked within a transaction.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for cooldowns.</param>
    /// <param name="tables">Where values of new rows are read; without it only rows and recorded time can be counted.</param>
    /// <param name="jobs">Jobs of firings; without it nothing waits for one to end.</param>
    /// <param name="options">Limits.</param>
    public TriggerStage(
        KafkaOptions kafka,
        MetadataDatabase database,
        Func<IReadOnlyList<TriggerRule>> rules,
        Func<string, TableIdentifier?> tableOf,
        ILogger logger,
        TimeProvider time,
        TableCatalogue? tables = null,
        IFiredJobs? jobs = null,
        TriggerOptions? options = null)
    {
        this.kafka = kafka;
        this.database = database;
        this.logger = logger;
        this.time = time;
        evaluator = new TriggerEvaluator(database, rules, tableOf, logger, time, tables, jobs, options);
    }

    /// <summary>Decides, and says where rules stand.</summary>
    public TriggerEvaluator Evaluator => evaluator;

    /// <summary>Firings and decisions.</summary>
    public TriggerLedger Ledger => evaluator.Ledger;

    /// <summary>Runs until cancelled; fails when the log or the database does.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        evaluator.ReportUnknownProducts();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var somethingWaits = new SemaphoreSlim(0);
        Task[] tasks = [ConsumeAsync(somethingWaits, stop.Token), FireDueAsync(somethingWaits, stop.Token)];
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(tasks).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && tasks.All(task => !task.IsFaulted))
        {
            // The normal end.
        }
    }

    private async Task ConsumeAsync(SemaphoreSlim somethingWaits, CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<SnapshotCommitted>(kafka, Topics.SnapshotCommitted, Group, logger);
        await using (consumer.ConfigureAwait(false))
        {
            await foreach (var item in consumer.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                using var activity = item.StartProcessing(Group);
                CrashPoint.Reach("trigger.after-read");
                // An event is taken or waited with, never skipped: the next one's offset would cover it.
                bool waits = await PersistAsync(
                    token => item.Value is { } snapshot ? evaluator.ApplyAsync(snapshot, token) : SetAsideAsync(item, token), cancellationToken).ConfigureAwait(false);
                if (waits) somethingWaits.Release();
                CrashPoint.Reach("trigger.after-commit");
                await consumer.CommitAsync(item.Position.Partition, item.Position.Offset + 1, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FireDueAsync(SemaphoreSlim somethingWaits, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = await PersistAsync(evaluator.FireDueAsync, cancellationToken).ConfigureAwait(false);
            // Clocks may be set back and tables may appear: never sleep on one computation for long.
            var sleep = next - time.GetUtcNow() is { } until && until < LongestSleep ? until : LongestSleep;
            if (sleep <= TimeSpan.Zero) continue;
            using var sleepEnds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(sleep, time, sleepEnds.Token), somethingWaits.WaitAsync(sleepEnds.Token)).ConfigureAwait(false);
            await sleepEnds.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async ValueTask<bool> SetAsideAsync(ConsumedEvent<SnapshotCommitted> item, CancellationToken cancellationToken)
    {
        Log.EventRefused(logger, item.Position.Topic, item.Position.Partition, item.Position.Offset, item.Error ?? "unknown");
        return await database.WriteAsync(
            async transaction =>
            {
                await UnreadableEvent.SetAsideAsync(transaction, "trigger", "MESH6001", "a snapshot-committed event", item, time.GetUtcNow()).ConfigureAwait(false);
                return false;
            },
            cancellationToken).ConfigureAwait(false);
    }

    // A full disk or a busy database is waited for.
    private async Task<T> PersistAsync<T>(Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await work(cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
