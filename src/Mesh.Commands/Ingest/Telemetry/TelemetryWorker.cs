using System.Diagnostics;
using Mesh.Catalogue.TopicFed;
using Mesh.Commands.Ingest.Telemetry.Frames;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.Graph;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>
/// Reads telemetry in micro-batches and commits each to the tables it belongs to, every message exactly once. Several may share a group, in one process
/// or in many.
/// </summary>
/// <remarks>
/// The tables' own offsets decide what is added (<see cref="TopicTableWriter"/>). Reading begins where the database says that every table is complete
/// (<see cref="TopicProgress"/>), or earlier, where frames need it (<see cref="TelemetryFrames"/>); the group's offset follows, for those who watch lag. A topic that is deleted and created again is another source.
/// </remarks>
public sealed partial class TelemetryWorker : IDisposable
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan GroupCommitPatience = TimeSpan.FromSeconds(5);

    private readonly TelemetryOptions options;
    private readonly KafkaOptions kafka;
    private readonly TableCatalogue catalogue;
    private readonly IObjectStore lake;
    private readonly Func<DeadLetter, CancellationToken, Task> writeLetter;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly TopicTableWriter tables;
    private readonly TopicProgress progress;
    private readonly FrameProgress frameProgress;
    private readonly SchemaRegistryClient registry;
    private readonly ByteBudget budget;
    private readonly TelemetryMetrics metrics;

    /// <param name="options">The topology's.</param>
    /// <param name="kafka">Where the log and the schemas are.</param>
    /// <param name="catalogue">Tables.</param>
    /// <param name="lake">Where data files go.</param>
    /// <param name="database">Keeps how far each partition is.</param>
    /// <param name="writeLetter">Writes a dead letter and returns when it is durable.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public TelemetryWorker(
        TelemetryOptions options, KafkaOptions kafka, TableCatalogue catalogue, IObjectStore lake, MetadataDatabase database,
        Func<DeadLetter, CancellationToken, Task> writeLetter, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.kafka = kafka;
        this.catalogue = catalogue;
        this.lake = lake;
        this.writeLetter = writeLetter;
        this.time = time;
        this.logger = logger;
        tables = new TopicTableWriter(catalogue);
        progress = new TopicProgress(database, time);
        frameProgress = new FrameProgress(database);
        registry = new SchemaRegistryClient(kafka, logger);
        budget = new ByteBudget(Math.Max(1, options.MaxBytes));
        metrics = new TelemetryMetrics(options.Topology, budget);
        Heartbeat = new StageHeartbeat($"telemetry {options.Topology}", time);
    }

    /// <summary>Whether it gets on with the batch it is at.</summary>
    public StageHeartbeat Heartbeat { get; }

    /// <summary>The batch committed last; null when there has been none since the start.</summary>
    public TelemetryBatchFacts? LastBatch { get; private set; }

    /// <summary>Name of the topology.</summary>
    public string Topology => options.Topology;

    /// <summary>Topic it reads.</summary>
    public string Topic => options.Topic;

    /// <summary>Its consumer group.</summary>
    public string Group => options.Group;

    /// <summary>What became of the synchronised groups since they were first read.</summary>
    public ValueTask<IReadOnlyList<FrameAccount>> ReadFrameAccountsAsync(CancellationToken cancellationToken) => frameProgress.AccountsAsync(options.Group, cancellationToken);

    /// <summary>Runs until cancelled. What is under way then is dropped: its position is not saved, so that it is read again.</summary>
    /// <exception cref="MeshException"><c>MESH7106</c>: the Kafka client's settings are wrong.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string? known = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var admin = new TopicAdmin(kafka, logger);
                string id = await admin.ReadTopicIdAsync(options.Topic, cancellationToken).ConfigureAwait(false);
                if (known is not null && known != id) TelemetryLog.Recreated(logger, options.Topic, known, id);
                known = id;
                var session = new Session(this, admin, id);
                await session.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (MeshException exception) when (exception.IsTransient || exception.Code == "MESH7108")
            {
                TelemetryLog.Restarted(logger, options.Topic, exception.Message);
                await Task.Delay(exception.IsTransient ? options.RetryDelay : options.MaxRetryDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registry.Dispose();
        metrics.Dispose();
    }

    private TelemetryDecoder NewDecoder() => new(
        options.Topology, options.Tables, options.Decode, new TelemetrySchemas(registry),
        async (table, cancellationToken) => (await catalogue.FindAsync(table, cancellationToken).ConfigureAwait(false))?.Schema, time);

    /// <summary>Reading of one incarnation of the topic, until it is another or another reader has moved what this one has read.</summary>
    private sealed partial class Session(TelemetryWorker worker, TopicAdmin admin, string topicId)
    {
        private readonly TelemetryOptions options = worker.options;
        private readonly Dictionary<int, PartitionState> states = [];
        private readonly LatenessTracker lateness = new(worker.options.Lateness);
        private TelemetryDecoder decoder = worker.NewDecoder();
        private TelemetryFrames? frames;
        private FrameCommitter? committer;
        private volatile string? ended;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var consumer = new RecordConsumer(worker.kafka, options.Topic, options.Group, (partitions, token) => PlaceAsync(partitions, stop, token), worker.logger);
            var watching = WatchAsync(stop);
            if (options.Frames.Count > 0)
            {
                frames = new TelemetryFrames(options, worker.frameProgress, worker.tables, SourceOf, worker.metrics, worker.logger);
                committer = new FrameCommitter(options, worker.frameProgress, worker.catalogue, worker.lake, worker.tables, worker.metrics, worker.time);
            }

            try
            {
                while (ended is null)
                {
                    long began = worker.time.GetTimestamp();
                    var records = await ReadAsync(consumer, stop.Token).ConfigureAwait(false);
                    var waited = worker.time.GetElapsedTime(began);
                    CrashPoint.Reach("telemetry.after-read");
                    if (records.Count > 0) await ProcessAsync(consumer, records, stop.Token).ConfigureAwait(false);
                    if (ended is null && frames?.Waited(waited) == true && !await CommitFramesAsync(stop.Token).ConfigureAwait(false)) ended = "another reader has made frames meanwhile";
                }
            }
            catch (OperationCanceledException) when (ended is not null && !cancellationToken.IsCancellationRequested)
            {
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await watching.ConfigureAwait(false);
                await consumer.DisposeAsync().ConfigureAwait(false);
            }

            if (ended is { } reason) TelemetryLog.Restarted(worker.logger, options.Topic, reason);
        }

        /// <summary>Reads a batch; none when vehicles count as idle before a message comes.</summary>
        private async Task<IReadOnlyList<LogRecord>> ReadAsync(RecordConsumer consumer, CancellationToken cancellationToken)
        {
            if (frames?.UntilIdle is not { } left) return await consumer.ReadBatchAsync(options.MaxRows, options.MaxBytes, options.MaxDelay, cancellationToken).ConfigureAwait(false);
            using var idle = new CancellationTokenSource(left > LeastWait ? left : LeastWait, worker.time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
            try
            {
                return await consumer.ReadBatchAsync(options.MaxRows, options.MaxBytes, options.MaxDelay, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return [];
            }
        }

        private async Task<IReadOnlyDictionary<int, long>> PlaceAsync(IReadOnlyList<int> partitions, CancellationTokenSource stop, CancellationToken cancellationToken)
        {
            await RequireSameTopicAsync(stop, cancellationToken).ConfigureAwait(false);
            var found = (await worker.progress.FindAsync(options.Group, [.. partitions.Select(SourceOf)], cancellationToken).ConfigureAwait(false))
                .ToDictionary(pair => pair.Key.Partition, pair => pair.Value);
            if (found.Count == partitions.Count) return await WithFramesAsync(found, cancellationToken).ConfigureAwait(false);

            // The first time, the group says where a new topology is to begin. Of a topic that was made anew it tells nothing.
            var lags = (await admin.DescribeGroupAsync(options.Group, cancellationToken).ConfigureAwait(false)).Where(lag => lag.Topic == options.Topic).ToList();
            foreach (int partition in partitions.Where(partition => !found.ContainsKey(partition)))
            {
                if (lags.Find(lag => lag.Partition == partition) is not { } lag) continue;
                if (!await worker.progress.HasReadAsync(options.Group, options.Topic, partition, cancellationToken).ConfigureAwait(false)) found[partition] = lag.CommittedOffset;
            }

            return await WithFramesAsync(found, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>Earlier, where windows are to be made again.</summary>
        private async Task<Dictionary<int, long>> WithFramesAsync(Dictionary<int, long> found, CancellationToken cancellationToken)
        {
            if (options.Frames.Count == 0) return found;
            string[] groups = [.. options.Frames.Select(group => group.Name)];
            foreach (int partition in found.Keys.ToList())
            {
                long? lowest = await worker.frameProgress.FindLowestAsync(options.Group, groups, SourceOf(partition), cancellationToken).ConfigureAwait(false);
                if (lowest < found[partition]) found[partition] = lowest.Value;
            }

            return found;
        }

        private TopicSource SourceOf(int partition) => new(options.Topic, partition, topicId);

        // A topic can be made anew while nothing is read of it.
        private async Task WatchAsync(CancellationTokenSource stop)
        {
            var token = stop.Token;
            while (!token.IsCancellationRequested)
            {
                await Task.Delay(options.IdentityInterval, worker.time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (token.IsCancellationRequested) return;
                try
                {
                    await RequireSameTopicAsync(stop, token).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is MeshException or OperationCanceledException)
                {
                    // A broker that is away is waited for where records are read.
                }
            }
        }

        private async Task RequireSameTopicAsync(CancellationTokenSource? stop, CancellationToken cancellationToken)
        {
            string now;
            try
            {
                now = await admin.ReadTopicIdAsync(options.Topic, cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.Code == "MESH7108")
            {
                now = "none";
            }

            if (now == topicId) return;
            ended = "the topic was deleted or created again";
            if (stop is not null) await stop.CancelAsync().ConfigureAwait(false);
            throw new OperationCanceledException(ended);
        }

        private async Task ProcessAsync(RecordConsumer consumer, IReadOnlyList<LogRecord> records, CancellationToken cancellationToken)
        {
            long bytes = records.Sum(record => (long)(record.Key?.Length ?? 0) + (record.Value?.Length ?? 0));
            await worker.budget.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
            worker.Heartbeat.Begin();
            try
            {
                long started = Stopwatch.GetTimestamp();
                var batch = await RetryAsync(() => GatherAsync(records, cancellationToken), cancellationToken).ConfigureAwait(false);
                if (batch.AgainTo.Count > 0 && !await MakeAgainAsync(batch, cancellationToken).ConfigureAwait(false)) return;
                if (batch.Partitions.Count == 0) return;
                var rows = await RetryAsync(() => DecodeAsync(batch, batch.Inputs, cancellationToken), cancellationToken).ConfigureAwait(false);
                await RetryAsync(() => WriteLettersAsync(batch, rows, cancellationToken), cancellationToken).ConfigureAwait(false);
                var (rowCount, tableCount) = await CommitAsync(batch, rows, cancellationToken).ConfigureAwait(false);
                if (frames is not null)
                {
                    frames.Apply(batch.Inputs, rows, batch.Partitions.ToDictionary(pair => pair.Key, pair => pair.Value.Next));
                    if (!await CommitFramesAsync(cancellationToken).ConfigureAwait(false))
                    {
                        ended = "another reader has made frames meanwhile";
                        return;
                    }
                }

                CrashPoint.Reach("telemetry.before-progress");
                PartitionState[] moved = [.. batch.Partitions.Values];
                bool saved = await RetryAsync(async () => await worker.progress.TrySaveAsync(options.Group, moved, CancellationToken.None).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                CrashPoint.Reach("telemetry.after-progress");
                if (!saved)
                {
                    // What has been committed is committed; from where to go on is for the database to say.
                    ended = "another reader of the group has moved on";
                    return;
                }

                int letters = batch.Letters.Count + rows.Letters.Count;
                var now = worker.time.GetUtcNow();
                var delay = now - records.Min(record => record.Time);
                worker.LastBatch = new TelemetryBatchFacts(now, records.Count, delay);
                worker.metrics.Batch(records.Count, rowCount, letters, rows.NotSelected, delay, Stopwatch.GetElapsedTime(started));
                TelemetryLog.Committed(worker.logger, records.Count, options.Topic, rowCount, tableCount, letters, batch.Duplicates, batch.Late);
                foreach (var state in moved) await CommitGroupAsync(consumer, state, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                worker.Heartbeat.End();
                worker.budget.Release(bytes);
            }
        }

        /// <summary>Makes windows again from what was read before.</summary>
        private async Task<bool> MakeAgainAsync(MicroBatch batch, CancellationToken cancellationToken)
        {
            var again = frames!.Admit(batch.Again);
            var rows = await RetryAsync(() => DecodeAsync(batch, again, cancellationToken), cancellationToken).ConfigureAwait(false);
            frames.Apply(again, rows, batch.AgainTo);
            if (await CommitFramesAsync(cancellationToken).ConfigureAwait(false)) return true;
            ended = "another reader has made frames meanwhile";
            return false;
        }

        private async Task<bool> CommitFramesAsync(CancellationToken cancellationToken)
        {
            await RequireSameTopicAsync(null, cancellationToken).ConfigureAwait(false);
            foreach (var group in frames!.Groups)
            {
                if (!await RetryAsync(() => committer!.TryCommitAsync(group, cancellationToken), cancellationToken).ConfigureAwait(false))
                {
                    worker.metrics.Fenced();
                    return false;
                }
            }

            return true;
        }

        private async Task CommitGroupAsync(RecordConsumer consumer, PartitionState state, CancellationToken cancellationToken)
        {
            try
            {
                await consumer.CommitAsync(state.Source.Partition, state.Next, cancellationToken).AsTask().WaitAsync(GroupCommitPatience, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is MeshException or TimeoutException)
            {
                TelemetryLog.OffsetNotCommitted(worker.logger, options.Topic, state.Source.Partition, exception.Message);
            }
        }

        private async Task<bool> WriteLettersAsync(MicroBatch batch, TelemetryRows rows, CancellationToken cancellationToken)
        {
            foreach (var letter in batch.Letters.Concat(rows.Letters)) await worker.writeLetter(letter, cancellationToken).ConfigureAwait(false);
            return true;
        }

        // Whatever stands in its way, a batch is tried again: to give it up would lose it.
        private async Task<T> RetryAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
        {
            for (var delay = options.RetryDelay; ; delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay)
            {
                try
                {
                    return await action().ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not OperationCanceledException && !cancellationToken.IsCancellationRequested)
                {
                    TelemetryLog.Retried(worker.logger, exception, options.Topic, delay);
                    // Waiting for what is away is no standstill, and a restart would not bring it back.
                    worker.Heartbeat.Beat();
                }

                await Task.Delay(delay, worker.time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
