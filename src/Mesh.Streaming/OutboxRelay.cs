using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Streaming;

/// <summary>
/// Publishes the outbox, in order, until cancelled; a log that is away is waited for. Each event is published at least once: a crash
/// between publishing and removing publishes again.
/// </summary>
public sealed class OutboxRelay
{
    private const int BatchSize = 256;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>How long events that are on their way are waited for when stopping; those not confirmed by then are published again.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly Outbox outbox;
    private readonly EventProducer producer;
    private readonly ILogger logger;
    private readonly HashSet<(string Topic, string EventType)> registered = [];

    /// <param name="outbox">Entries.</param>
    /// <param name="producer">Where to.</param>
    /// <param name="logger">Log.</param>
    public OutboxRelay(Outbox outbox, EventProducer producer, ILogger logger)
    {
        this.outbox = outbox;
        this.producer = producer;
        this.logger = logger;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var turn = await outbox.HoldAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = turn.ConfigureAwait(false);
            var delay = FirstDelay;
            while (true)
            {
                await turn.ConfirmAsync(cancellationToken).ConfigureAwait(false);
                var entries = await outbox.PeekAsync(BatchSize, cancellationToken).ConfigureAwait(false);
                if (entries.Count == 0)
                {
                    await outbox.WaitAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var (published, failure) = await PublishAsync(entries, cancellationToken).ConfigureAwait(false);
                if (published > 0)
                {
                    StreamingMetrics.OutboxPublished.Add(published);
                    CrashPoint.Reach("outbox.after-publish");
                    // What the log has is removed even when stopping, so that it is not published again.
                    await outbox.RemoveAsync([.. entries.Take(published).Select(entry => entry.Id)], CancellationToken.None).ConfigureAwait(false);
                }

                if (failure is null)
                {
                    if (delay > FirstDelay) Log.OutboxRecovered(logger);
                    delay = FirstDelay;
                    continue;
                }

                var blocked = entries[published];
                if (failure.IsTransient) Log.OutboxWaits(logger, delay.TotalMilliseconds, blocked.Id, blocked.Topic, failure.Message);
                else Log.OutboxStuck(logger, blocked.Id, blocked.Topic, failure.Message);
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Publishes entries without waiting between them.</summary>
    /// <returns>How many from the beginning the log has, and why the next one is not there.</returns>
    private async Task<(int Published, MeshException? Failure)> PublishAsync(IReadOnlyList<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        // Cancelling does not call events back that are on their way, so their answers are waited for a little.
        using var grace = new CancellationTokenSource();
        using var stopping = cancellationToken.Register(() => grace.CancelAfter(StopGrace));
        List<Task> sending = new(entries.Count);
        foreach (var entry in entries)
        {
            if (cancellationToken.IsCancellationRequested) break;
            Task task = producer.PublishSerialisedAsync(entry.Topic, entry.Key, entry.EventType, entry.Protobuf, OriginOf(entry), grace.Token);
            sending.Add(task);
            // The first event of a type registers its schema, which later ones would overtake.
            if (registered.Contains((entry.Topic, entry.EventType))) continue;
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!task.IsCompletedSuccessfully) break;
            registered.Add((entry.Topic, entry.EventType));
        }

        int published = 0;
        bool complete = true;
        MeshException? failure = null;
        foreach (var task in sending)
        {
            try
            {
                await task.ConfigureAwait(false);
                if (complete) published++;
            }
            catch (MeshException exception)
            {
                complete = false;
                failure ??= exception;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                complete = false;
            }
        }

        return (published, failure);
    }

    private static EventOrigin? OriginOf(OutboxEntry entry) => entry.AddedAt is not { } addedAt
        ? null
        : new EventOrigin(entry.EventId, addedAt, entry.TraceParent is { Length: > 0 } parent ? parent : null, entry.TraceState is { Length: > 0 } state ? state : null);
}
