using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Streaming.DeadLetters;

/// <summary>
/// Follows the dead-letter topics as group <c>mesh.dead-letters</c> and keeps the index. A letter may be read twice and counts once: the
/// offset is committed after the transaction.
/// </summary>
/// <param name="kafka">Where the letters are.</param>
/// <param name="topics">Tells which topics there are; a stage's topic appears with its first letter.</param>
/// <param name="letters">The index.</param>
/// <param name="logger">Log.</param>
/// <param name="time">Clock.</param>
public sealed class DeadLetterIndexer(KafkaOptions kafka, TopicAdmin topics, DeadLetterStore letters, ILogger logger, TimeProvider time)
{
    /// <summary>Consumer group.</summary>
    public const string Group = "mesh.dead-letters";

    private const int MaxBatchLetters = 500;
    private const long MaxBatchBytes = 4 << 20;
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NewTopicsEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var followed = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                foreach (string topic in await ListTopicsAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (!followed.ContainsKey(topic)) followed.Add(topic, FollowAsync(topic, stop.Token));
                }

                var pause = Task.Delay(NewTopicsEvery, time, stop.Token);
                if (await Task.WhenAny([pause, .. followed.Values]).ConfigureAwait(false) is var ended && ended != pause) await ended.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The normal end.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var task in followed.Values) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Waits until every letter that is in the topics now is in the index, but not longer than <paramref name="patience"/>: who has just
    /// been told of a letter wants to see it.
    /// </summary>
    public async Task CatchUpAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        var ends = await topics.EndOffsetsAsync(DeadLetterReader.IsDeadLetterTopic, cancellationToken).ConfigureAwait(false);
        while (time.GetElapsedTime(begun) < patience)
        {
            var positions = await letters.PositionsAsync(cancellationToken).ConfigureAwait(false);
            if (ends.All(end => end.Value == 0 || positions.GetValueOrDefault(end.Key) >= end.Value)) return;
            await Task.Delay(TimeSpan.FromMilliseconds(25), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(string topic, CancellationToken cancellationToken)
    {
        var consumer = new EventConsumer<DeadLetter>(kafka, topic, Group, logger);
        await using (consumer.ConfigureAwait(false))
        {
            while (true)
            {
                var batch = await consumer.ReadBatchAsync(MaxBatchLetters, MaxBatchBytes, Linger, cancellationToken).ConfigureAwait(false);
                CrashPoint.Reach("replay.before-index");
                await IndexAsync(batch, cancellationToken).ConfigureAwait(false);
                CrashPoint.Reach("replay.after-index");
                foreach (var partition in batch.GroupBy(consumed => consumed.Position.Partition))
                {
                    await consumer.CommitAsync(partition.Key, partition.Max(consumed => consumed.Position.Offset) + 1, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task IndexAsync(IReadOnlyList<ConsumedEvent<DeadLetter>> batch, CancellationToken cancellationToken)
    {
        foreach (var consumed in batch)
        {
            // It stays in its topic; a letter about a letter would help nobody.
            if (consumed.Value is null) Log.LetterUnreadable(logger, consumed.Position.Topic, consumed.Position.Partition, consumed.Position.Offset, consumed.Error ?? "");
        }

        while (true)
        {
            try
            {
                await letters.IndexAsync(batch, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.IndexWaits(logger, exception.Message);
            }

            await Task.Delay(Retry, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<string>> ListTopicsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await topics.ListAsync(cancellationToken).ConfigureAwait(false)).Keys.Where(DeadLetterReader.IsDeadLetterTopic)];
        }
        catch (MeshException exception) when (exception.IsTransient)
        {
            // Those that are known go on; the client waits for a broker that is away.
            return [];
        }
    }
}
