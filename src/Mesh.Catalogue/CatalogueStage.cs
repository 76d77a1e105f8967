using System.Data.Common;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Catalogue;

/// <summary>
/// Turns files-written events into snapshots: gathers what is waiting, commits it per table, and moves the group's offset once every
/// event below it has been committed, was there already, or is a dead letter. A crash at any place repeats work that the ledger drops.
/// </summary>
public sealed partial class CatalogueStage
{
    /// <summary>Consumer group of the stage.</summary>
    public const string Group = "mesh.catalogue";

    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    /// <summary>Largest event kept in a dead letter; a larger one is found by its coordinates.</summary>
    private const int MaxLetterPayloadBytes = 512 << 10;

    private readonly KafkaOptions kafka;
    private readonly TableCatalogue catalogue;
    private readonly RecordingStore recordings;
    private readonly MetadataDatabase database;
    private readonly IObjectStore lake;
    private readonly DeadLetterSink deadLetters;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly CatalogueOptions options;
    private readonly CatalogueMetrics metrics;

    /// <param name="kafka">Where the events are.</param>
    /// <param name="catalogue">Tables to commit to.</param>
    /// <param name="recordings">Takes the recordings' accounts.</param>
    /// <param name="database">Database of tables, recordings and outbox.</param>
    /// <param name="lake">Objects, for lists of files that are given by reference.</param>
    /// <param name="deadLetters">Takes what can never be committed.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock of retries and dead letters.</param>
    /// <param name="options">How much to gather; null for the defaults.</param>
    public CatalogueStage(
        KafkaOptions kafka, TableCatalogue catalogue, RecordingStore recordings, MetadataDatabase database, IObjectStore lake,
        DeadLetterSink deadLetters, ILogger logger, TimeProvider time, CatalogueOptions? options = null)
    {
        this.kafka = kafka;
        this.catalogue = catalogue;
        this.recordings = recordings;
        this.database = database;
        this.lake = lake;
        this.deadLetters = deadLetters;
        this.logger = logger;
        this.time = time;
        this.options = options ?? new CatalogueOptions();
        metrics = new CatalogueMetrics(time);
        Heartbeat = new StageHeartbeat("catalogue", time);
    }

    /// <summary>Whether the stage gets on.</summary>
    public StageHeartbeat Heartbeat { get; }

    /// <summary>Runs until cancelled; then commits what it has read, leaves the group and returns.</summary>
    /// <exception cref="MeshException"><c>MESH7106</c>: the Kafka client's settings are wrong.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<FilesWritten>(kafka, Topics.FilesWritten, Group, logger);
        await using (consumer.ConfigureAwait(false))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var hinting = PublishOverdueHintsAsync(stop.Token);
            try
            {
                while (true)
                {
                    var batch = await consumer.ReadBatchAsync(options.MaxBatchEvents, options.MaxBatchBytes, options.Linger, cancellationToken)
                        .ConfigureAwait(false);
                    CrashPoint.Reach("catalogue.after-read");
                    Heartbeat.Begin();
                    try
                    {
                        await ProcessAsync(batch, cancellationToken).ConfigureAwait(false);
                    }
                    finally
                    {
                        Heartbeat.End();
                    }

                    await CommitOffsetsAsync(consumer, batch, cancellationToken).ConfigureAwait(false);
                    CrashPoint.Reach("catalogue.after-offset");
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await hinting.ConfigureAwait(false);
            }
        }
    }

    private async Task PublishOverdueHintsAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(options.LongestRetryDelay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested) return;
            try
            {
                await catalogue.PublishOverdueHintsAsync(stopping).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is MeshException or OperationCanceledException)
            {
                // A convenience of readers without a catalogue; the commits, which matter, report what is wrong.
            }
        }
    }

    /// <summary>Brings every event of a batch to its end. Waits only in retries, which cancelling ends.</summary>
    private async Task ProcessAsync(IReadOnlyList<ConsumedEvent<FilesWritten>> batch, CancellationToken stopping)
    {
        // Tables are independent of each other; the events of one keep their order. One that is no event stands for itself.
        var tables = batch.Where(consumed => consumed.Value is not null).GroupBy(consumed => consumed.Value!.Table, StringComparer.Ordinal);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism };
        await Parallel.ForEachAsync(tables, parallel, async (table, _) => await CommitTableAsync(table.Key, [.. table], stopping).ConfigureAwait(false))
            .ConfigureAwait(false);

        foreach (var consumed in batch)
        {
            if (consumed.Value is not null) continue;
            var unreadable = new MeshException("MESH5001", $"A record of {consumed.Position.Topic} is no files-written event: {consumed.Error}. Find its producer; what it announced is not in the lake.");
            await DeadLetterAsync(consumed, unreadable, stopping).ConfigureAwait(false);
        }
    }

    private static async Task CommitOffsetsAsync(
        EventConsumer<FilesWritten> consumer, IReadOnlyList<ConsumedEvent<FilesWritten>> batch, CancellationToken stopping)
    {
        // Also when stopping, for a moment: what is committed need not be looked at again. Leaving the group tries once more.
        using var patience = new CancellationTokenSource();
        using var hurry = stopping.Register(() => patience.CancelAfter(StopGrace));
        foreach (var partition in batch.GroupBy(consumed => consumed.Position.Partition))
        {
            await consumer.CommitAsync(partition.Key, partition.Max(consumed => consumed.Position.Offset) + 1, patience.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Does a step until it succeeds or fails for good.</summary>
    /// <exception cref="MeshException">Not transient.</exception>
    /// <exception cref="OperationCanceledException">Stopping while waiting for the next attempt.</exception>
    private async Task<T> RetryAsync<T>(string what, Func<ValueTask<T>> step, CancellationToken stopping)
    {
        for (var delay = options.FirstRetryDelay; ; delay = delay * 2 < options.LongestRetryDelay ? delay * 2 : options.LongestRetryDelay)
        {
            try
            {
                return await step().ConfigureAwait(false);
            }
            catch (Exception exception) when (IsTransient(exception))
            {
                metrics.Retried();
                Heartbeat.Beat();
                Log.Retried(logger, what, delay.TotalMilliseconds, exception.Message);
                await Task.Delay(delay, time, stopping).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not (MeshException or OperationCanceledException or ObjectDisposedException))
            {
                // Nothing that an event can hold may stop the stage for everybody.
                throw new MeshException(
                    "MESH5004", $"{what} failed in a way nobody foresaw: {exception.GetType().Name}: {exception.Message} Report it with the dead letter.",
                    innerException: exception);
            }
        }
    }

    // Disk and database trouble is the surroundings', not the event's: it is waited out, or a full disk would empty the log into dead letters.
    private static bool IsTransient(Exception exception) =>
        exception is MeshException { IsTransient: true } or IOException or UnauthorizedAccessException or DbException;

    private async Task DeadLetterAsync(ConsumedEvent<FilesWritten> consumed, MeshException cause, CancellationToken stopping)
    {
        var written = consumed.Value;
        Log.DeadLettered(logger, written?.IngestId ?? "", written?.Table ?? "", cause.Code, cause.Message);
        var letter = new DeadLetter
        {
            Stage = "catalogue",
            Code = cause.Code,
            Reason = cause.Message,
            IngestId = written?.IngestId ?? "",
            // One letter per table of an upload; a record that is no event is told apart by its place in the log.
            Channel = written?.Table ?? FileSet.SourceOf(consumed.Position),
            Sequence = written is null ? consumed.Position.Offset : -1,
            SchemaName = FilesWritten.Descriptor.FullName,
            PayloadUri = written?.FilesUri ?? "",
            PayloadBytes = consumed.RawValue.Length,
            Attempts = 1,
            Topology = written?.Topology ?? "",
            TopologyVersion = written?.TopologyVersion ?? "",
            CreatedAtUs = UnixMicros.Of(time.GetUtcNow()),
            Source = new SourceCoordinates { Topic = consumed.Position.Topic, Partition = consumed.Position.Partition, Offset = consumed.Position.Offset },
        };
        if (consumed.RawValue.Length <= MaxLetterPayloadBytes)
        {
            letter.Payload = written is null ? ByteString.CopyFrom(consumed.RawValue.Span) : written.ToByteString();
        }

        await RetryAsync(
            "Writing a dead letter",
            async () =>
            {
                await deadLetters.WriteAsync(letter, CancellationToken.None).ConfigureAwait(false);
                return true;
            },
            stopping).ConfigureAwait(false);
        if (FileSet.RunOf(written) is not { } run) return;
        await RetryAsync(
            "Marking a recording",
            async () =>
            {
                // With its account a recording is told apart from one that could not be read at all: the sets of its other tables, which
                // may still come, then do not bring it back to waiting for a table that it will never be in.
                if (AccountOf(consumed) is { } set) await StoreAccountsAsync([set]).ConfigureAwait(false);
                await recordings.MarkDeadLetteredAsync(run, $"{cause.Code}: {cause.Message}", CancellationToken.None).ConfigureAwait(false);
                return true;
            },
            stopping).ConfigureAwait(false);
    }

    private static FileSet? AccountOf(ConsumedEvent<FilesWritten> consumed)
    {
        try
        {
            return FileSet.From(consumed, []);
        }
        catch (MeshException)
        {
            // The event is itself what is wrong.
            return null;
        }
    }
}
