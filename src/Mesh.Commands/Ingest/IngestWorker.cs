using System.Diagnostics;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest;

/// <summary>
/// Reads upload events, has each ingested when it is its vehicle's turn, announces the files and commits the group's offset once every table below it has committed.
/// A bad upload becomes a dead letter; the others go on.
/// </summary>
/// <param name="options">The topology's.</param>
/// <param name="kafka">Where the log is.</param>
/// <param name="processor">Does the work.</param>
/// <param name="producer">Announces files.</param>
/// <param name="recordings">Knows which uploads are finished.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class IngestWorker(
    IngestOptions options, KafkaOptions kafka, UploadProcessor processor, EventProducer producer, RecordingStore recordings, TimeProvider time, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan SlowestPoll = TimeSpan.FromSeconds(1);

    private readonly FairSchedule schedule = new(options.Parallelism, options.LargeUploadBytes);
    private readonly SemaphoreSlim readAhead = new(options.MaxReadAhead);
    private readonly SemaphoreSlim inFlight = new(options.MaxInFlight);
    private readonly SemaphoreSlim committing = new(1);
    private bool isObserved;

    /// <summary>Memory shared with the other topologies of the process; null for none to share.</summary>
    public IngestMemory? Memory { get; init; }

    /// <summary>Whether an upload is being worked on.</summary>
    public bool IsBusy => schedule.Working > 0;

    /// <summary>
    /// Runs until cancelled. What is under way then is dropped, not finished: its offset is not committed, so that it is done again, and
    /// doing it twice is harmless.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!isObserved) processor.Metrics.Observe(schedule, () => options.MaxInFlight - inFlight.CurrentCount);
        isObserved = true;
        await using var consumer = new EventConsumer<UploadAccepted>(kafka, options.SourceTopic, options.Group, logger);
        // Of this run alone: what an earlier run of the stage had begun and not finished is delivered again and must not count as under way.
        var offsets = new OffsetTracker();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new HashSet<Task>();
        try
        {
            await foreach (var upload in consumer.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await readAhead.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!offsets.TryBegin(upload.Position))
                {
                    readAhead.Release();
                    continue;
                }

                underWay.RemoveWhere(task => task.IsCompleted);
                underWay.Add(HandleAsync(consumer, offsets, upload, stop.Token));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is the normal end.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(underWay).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        readAhead.Dispose();
        inFlight.Dispose();
        committing.Dispose();
    }

    private async Task HandleAsync(EventConsumer<UploadAccepted> consumer, OffsetTracker offsets, ConsumedEvent<UploadAccepted> upload, CancellationToken cancellationToken)
    {
        try
        {
            CrashPoint.Reach("decode.after-read");
            await BringToItsEndAsync(upload, cancellationToken).ConfigureAwait(false);
            if (offsets.Finish(upload.Position) is { } next) await CommitAsync(consumer, upload.Position.Partition, next, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: the event stays uncommitted.
        }
        finally
        {
            readAhead.Release();
        }
    }

    // An event that is given up would pin the group's offset until a restart; whatever stands in its way, it is tried again.
    private async Task BringToItsEndAsync(ConsumedEvent<UploadAccepted> upload, CancellationToken cancellationToken)
    {
        bool announced = false;
        try
        {
            for (var delay = options.RetryDelay; ; delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay)
            {
                try
                {
                    if (upload.Value is not { } accepted)
                    {
                        await processor.DeadLetterEventAsync(upload, cancellationToken).ConfigureAwait(false);
                        return;
                    }

                    announced = announced || await IngestAsync(accepted, upload, cancellationToken).ConfigureAwait(false);
                    if (!announced) return;
                    await WaitUntilFinishedAsync(processor.RunOf(IngestId.Parse(accepted.IngestId)), cancellationToken).ConfigureAwait(false);
                    if (accepted.AcceptedAtUs > 0) processor.Metrics.Committed(time.GetUtcNow() - UnixMicros.ToTime(accepted.AcceptedAtUs));
                    return;
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    IngestLog.EventRetried(logger, exception, upload.Position.ToString(), delay);
                }

                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (announced) inFlight.Release();
        }
    }

    /// <returns>Whether files were announced; the upload then holds its place among those in flight, which the caller gives back.</returns>
    private async Task<bool> IngestAsync(UploadAccepted accepted, ConsumedEvent<UploadAccepted> upload, CancellationToken cancellationToken)
    {
        // The place in flight is waited for with the turn in hand: who holds one needs no turn any more, and nothing is to overtake here.
        using var turn = await schedule.EnterAsync(accepted.VehicleId, accepted.SizeBytes, cancellationToken).ConfigureAwait(false);
        await inFlight.WaitAsync(cancellationToken).ConfigureAwait(false);
        bool announced = false;
        try
        {
            using var memory = Memory is null ? null : await Memory.EnterAsync(options, cancellationToken).ConfigureAwait(false);
            using var activity = upload.StartProcessing(options.Group);
            activity.SetTag("mesh.ingest.id", accepted.IngestId);
            var outcome = await processor.ProcessUploadAsync(accepted, upload.Position, cancellationToken).ConfigureAwait(false);
            if (outcome.Result != UploadResult.Written) return false;

            CrashPoint.Reach("ingest.before-files-written");
            foreach (var written in outcome.Events) await AnnounceAsync(written, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach("ingest.after-files-written");
            var account = outcome.Events[0].Account;
            IngestLog.Written(
                logger, accepted.IngestId, account.MessagesIn, account.RowsOut, outcome.Events[0].Tables.Count, account.DeadLetters, account.Losses.Count);
            announced = true;
            return true;
        }
        finally
        {
            if (!announced) inFlight.Release();
        }
    }

    // Announcing twice is harmless, the ledger takes the set once; not announcing would leave the upload unfinished.
    private async Task AnnounceAsync(FilesWritten written, CancellationToken cancellationToken)
    {
        string key = written.Table.Length > 0 ? written.Table : written.IngestId;
        for (var delay = options.RetryDelay; ; delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay)
        {
            try
            {
                await producer.PublishAsync(Topics.FilesWritten, key, written, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                IngestLog.Waiting(logger, exception, delay);
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitUntilFinishedAsync(RecordingRun run, CancellationToken cancellationToken)
    {
        for (var delay = FirstPoll; !await recordings.IsFinishedAsync(run, cancellationToken).ConfigureAwait(false);)
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            delay = delay * 1.5 < SlowestPoll ? delay * 1.5 : SlowestPoll;
        }
    }

    private async Task CommitAsync(EventConsumer<UploadAccepted> consumer, int partition, long next, CancellationToken cancellationToken)
    {
        await committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await consumer.CommitAsync(partition, next, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach("ingest.after-offset");
        }
        catch (MeshException exception)
        {
            // After a rebalance the partition may be another's. Its reader skips what is finished.
            IngestLog.OffsetNotCommitted(logger, exception, partition, next);
        }
        finally
        {
            committing.Release();
        }
    }
}
