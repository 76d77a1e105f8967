using Confluent.Kafka;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Committing: callers leave the offset here, the thread commits the highest of each partition.</summary>
internal sealed partial class ConsumerThread<T>
{
    private static readonly TimeSpan CommitRetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    private readonly Lock commitGate = new();
    private readonly Dictionary<int, WaitingCommit> waiting = [];
    private Dictionary<int, WaitingCommit> underWay = [];
    private bool commitsClosed;
    private long retryCommitsAt;
    private bool coordinatorInDoubt;

    public async ValueTask CommitAsync(int partition, long nextOffset, CancellationToken cancellationToken)
    {
        if (!ownership.MayCommit(partition, nextOffset)) return;
        Task done;
        lock (commitGate)
        {
            if (commitsClosed) throw Stopped();
            if (!waiting.TryGetValue(partition, out var commit)) waiting[partition] = commit = new WaitingCommit();
            commit.NextOffset = Math.Max(commit.NextOffset, nextOffset);
            done = commit.Done.Task;
        }

        Wake();
        await done.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs on the consumer's thread, also from within its callbacks.</summary>
    private void Commit(IConsumer<byte[], byte[]> consumer)
    {
        Dictionary<int, WaitingCommit> batch;
        lock (commitGate)
        {
            if (waiting.Count == 0 || (Environment.TickCount64 < retryCommitsAt && !stopping)) return;
            batch = new(waiting);
            underWay = new(waiting);
            waiting.Clear();
        }

        foreach (var (partition, commit) in batch)
        {
            if (!ownership.MayCommit(partition, commit.NextOffset)) Finish(batch, partition);
        }

        if (batch.Count == 0) return;
        try
        {
            // A commit blocks for as long as the session lasts when the coordinator is away; a question has a timeout of its own.
            if (coordinatorInDoubt) consumer.Committed(batch.Keys.Select(partition => new TopicPartition(topic, partition)), ProbeTimeout);
            coordinatorInDoubt = false;
            consumer.Commit(batch.Select(pair => new TopicPartitionOffset(topic, pair.Key, pair.Value.NextOffset)));
            foreach (int partition in batch.Keys)
            {
                ownership.Committed(partition, batch[partition].NextOffset);
                Finish(batch, partition);
            }
        }
        catch (TopicPartitionOffsetException exception)
        {
            foreach (var result in exception.Results)
            {
                int partition = result.Partition.Value;
                if (result.Error.IsError && !IsNoLongerOurs(result.Error)) continue;
                if (!result.Error.IsError) ownership.Committed(partition, batch[partition].NextOffset);
                Finish(batch, partition);
            }

            Retry(batch, exception.Error);
        }
        catch (KafkaException exception) when (IsNoLongerOurs(exception.Error))
        {
            foreach (int partition in batch.Keys)
            {
                Log.CommitDropped(logger, group, topic, partition);
                Finish(batch, partition);
            }
        }
        catch (KafkaException exception)
        {
            Retry(batch, exception.Error);
        }
    }

    private void Retry(Dictionary<int, WaitingCommit> batch, Error error)
    {
        if (batch.Count == 0) return;
        Log.CommitRetried(logger, group, topic, error.Reason);
        retryCommitsAt = Environment.TickCount64 + (long)CommitRetryDelay.TotalMilliseconds;
        lock (commitGate)
        {
            foreach (var (partition, commit) in batch)
            {
                if (!waiting.TryAdd(partition, commit)) waiting[partition].Absorb(commit);
            }
        }
    }

    private void FailWaitingCommits()
    {
        lock (commitGate)
        {
            commitsClosed = true;
            foreach (var commit in waiting.Values.Concat(underWay.Values)) commit.Done.TrySetException(Stopped());
            waiting.Clear();
        }
    }

    private MeshException Stopped() =>
        new("MESH7105", $"The reader of {topic} was stopped before its offset was committed; the events since the last commit come again.", isTransient: true);

    // Whoever reads the partition now commits it; what we did is done twice at worst, which is harmless.
    private static bool IsNoLongerOurs(Error error) => error.Code is
        ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId or ErrorCode.Local_State or ErrorCode.Local_AssignmentLost;

    private static void Finish(Dictionary<int, WaitingCommit> batch, int partition)
    {
        if (batch.Remove(partition, out var commit)) commit.Done.TrySetResult();
    }

    private sealed class WaitingCommit
    {
        public long NextOffset { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Takes over an earlier commit of the same partition that has to be repeated.</summary>
        public void Absorb(WaitingCommit earlier)
        {
            NextOffset = Math.Max(NextOffset, earlier.NextOffset);
            Done.Task.ContinueWith(
                task =>
                {
                    if (task.IsCompletedSuccessfully) earlier.Done.TrySetResult();
                    else earlier.Done.TrySetException(task.Exception!.InnerExceptions);
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
