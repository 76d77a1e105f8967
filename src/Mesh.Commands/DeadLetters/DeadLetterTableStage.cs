using Mesh.Catalogue.TopicFed;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.DeadLetters;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.DeadLetters;

/// <summary>
/// Adds every record of the dead-letter topics to <c>mesh.dead_letters</c>, exactly once, in one snapshot per <see cref="Interval"/> at most, or per
/// <see cref="MaxLetters"/> or <see cref="MaxBytes"/>. Several servers may do so at the same time.
/// </summary>
/// <remarks>
/// It reads outside any group: the table's own offsets (<see cref="TopicTableWriter"/>) are the only position there is. A round asks where the topics
/// end and where the table is, reads what lies between and commits it; whatever goes wrong, the next round begins with the same questions.
/// </remarks>
public sealed class DeadLetterTableStage : IDisposable
{
    private readonly TopicAdmin topics;
    private readonly TableCatalogue catalogue;
    private readonly IObjectStore lake;
    private readonly TopicTableWriter tables;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly DeadLetterTableMetrics metrics = new();

    /// <param name="topics">Reads the letters.</param>
    /// <param name="catalogue">Tables.</param>
    /// <param name="lake">Where data files go.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public DeadLetterTableStage(TopicAdmin topics, TableCatalogue catalogue, IObjectStore lake, ILogger logger, TimeProvider time)
    {
        this.topics = topics;
        this.catalogue = catalogue;
        this.lake = lake;
        this.logger = logger;
        this.time = time;
        tables = new TopicTableWriter(catalogue);
        Heartbeat = new StageHeartbeat("dead-letter table", time);
    }

    /// <summary>Pause between two rounds (default: 5 s).</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most letters of a snapshot (default: 50,000).</summary>
    public int MaxLetters { get; init; } = 50_000;

    /// <summary>Bytes of letters after which a snapshot is made (default: 32 MiB).</summary>
    public long MaxBytes { get; init; } = 32L << 20;

    /// <summary>Whether it gets on.</summary>
    public StageHeartbeat Heartbeat { get; }

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="MeshException"><c>MESH2441</c>: the table's columns are not those of dead letters. Of catalogue and storage, where trying again is no help.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RunRoundAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.IsTransient || exception.Code == "MESH7108")
            {
                DeadLetterTableLog.Waits(logger, exception.Message);
            }

            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds the letters that are in the topics now and not in the table.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RunRoundAsync(CancellationToken cancellationToken)
    {
        var ends = await topics.EndOffsetsAsync(DeadLetterReader.IsDeadLetterTopic, cancellationToken).ConfigureAwait(false);
        var ofTopics = ends.Where(end => end.Value > 0).GroupBy(end => end.Key.Topic, StringComparer.Ordinal).OrderBy(topic => topic.Key, StringComparer.Ordinal).ToList();
        if (ofTopics.Count == 0) return 0;
        Heartbeat.Begin();
        try
        {
            var offsets = new Dictionary<string, long>(await tables.ReadOffsetsAsync(TableNames.DeadLetters, cancellationToken).ConfigureAwait(false));
            var batch = new LetterBatch();
            int added = 0;
            foreach (var topic in ofTopics)
            {
                string id = await topics.ReadTopicIdAsync(topic.Key, cancellationToken).ConfigureAwait(false);
                var sources = topic.ToDictionary(end => end.Key.Partition, end => new TopicSource(topic.Key, end.Key.Partition, id));
                if (topic.All(end => offsets.GetValueOrDefault(sources[end.Key.Partition].Key) >= end.Value)) continue;
                var from = sources.ToDictionary(source => source.Key, source => offsets.GetValueOrDefault(source.Value.Key));
                await foreach (var record in topics.ReadToEndAsync<DeadLetter>(topic.Key, from, cancellationToken).ConfigureAwait(false))
                {
                    if (!sources.TryGetValue(record.Position.Partition, out var source)) sources.Add(record.Position.Partition, source = new TopicSource(topic.Key, record.Position.Partition, id));
                    if (batch.Add(source, record, offsets.TryGetValue(source.Key, out long known) ? known : null) is > 0 and var lost) ReportLoss(source, known, lost);
                    if (batch.Letters.Count < MaxLetters && batch.Bytes < MaxBytes) continue;
                    if (!await CommitAsync(batch, offsets, cancellationToken).ConfigureAwait(false)) return added;
                    added += batch.Letters.Count;
                    batch = new LetterBatch();
                }
            }

            if (batch.Letters.Count == 0 || !await CommitAsync(batch, offsets, cancellationToken).ConfigureAwait(false)) return added;
            return added + batch.Letters.Count;
        }
        finally
        {
            Heartbeat.End();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => metrics.Dispose();

    private void ReportLoss(TopicSource source, long known, long lost)
    {
        DeadLetterTableLog.Lost(logger, lost, source.Key, known);
        metrics.Lost(lost);
    }

    private async Task<bool> CommitAsync(LetterBatch batch, Dictionary<string, long> offsets, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var first = batch.Letters[0];
        var context = new UploadContext(IngestId.Parse(first.Source.RecordingId), "", "", Guid.CreateVersion7(now).ToString("N"), "", "", first.Record.Position);
        var layout = new PartitionOptions { PartitionBy = [new PartitionField("log_time", PartitionTransform.Day)] };
        await using var partitioner = new TablePartitioner(context, layout, SchemaChangePolicy.Evolve, catalogue, lake);
        var table = await partitioner.WriteAsync(TableNames.DeadLetters, DeadLetterRows.Of(batch.Letters, UnixMicros.Of(now)), cancellationToken).ConfigureAwait(false);
        if (table != TableNames.DeadLetters)
        {
            throw new MeshException("MESH2441", $"{TableNames.DeadLetters} does not have the columns of dead letters. Rename or drop it; it is filled again from the topics.");
        }

        var files = (await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false)).SelectMany(written => written.Files).ToList();

        // The same id before and after reading says that nothing of another topic has come in between.
        foreach (var topic in batch.Next.Keys.DistinctBy(source => source.Topic))
        {
            if (await topics.ReadTopicIdAsync(topic.Topic, cancellationToken).ConfigureAwait(false) != topic.TopicId) return false;
        }

        CrashPoint.Reach("dead-letters.before-commit");
        var append = new TopicAppend
        {
            Table = TableNames.DeadLetters,
            Files = [.. files.Select(file => file.File)],
            Slices = [.. batch.Next.Select(moved => new TopicSlice(moved.Key.Key, offsets.GetValueOrDefault(moved.Key.Key), moved.Value))],
            MinLogTimeUs = files.Min(file => file.MinLogTimeUs),
            MaxLogTimeUs = files.Max(file => file.MaxLogTimeUs),
        };
        // What has been begun is finished: stopping is not delayed for long.
        if (!await tables.TryAppendAsync(append, CancellationToken.None).ConfigureAwait(false))
        {
            DeadLetterTableLog.Fenced(logger);
            return false;
        }

        CrashPoint.Reach("dead-letters.after-commit");
        foreach (var (source, next) in batch.Next) offsets[source.Key] = next;
        metrics.Added(batch.Letters.Count);
        Heartbeat.Beat();
        DeadLetterTableLog.Committed(logger, batch.Letters.Count);
        return true;
    }

    /// <summary>Letters of one snapshot.</summary>
    private sealed class LetterBatch
    {
        public List<(TopicSource Source, ConsumedEvent<DeadLetter> Record)> Letters { get; } = [];

        /// <summary>Offsets behind them.</summary>
        public Dictionary<TopicSource, long> Next { get; } = [];

        public long Bytes { get; private set; }

        /// <summary>Takes a letter.</summary>
        /// <param name="source">Where it lies.</param>
        /// <param name="record">The letter.</param>
        /// <param name="known">Offset up to which the table has the source; null when it has nothing of it.</param>
        /// <returns>Records that are missing before it, of a source the table has part of.</returns>
        public long Add(TopicSource source, ConsumedEvent<DeadLetter> record, long? known)
        {
            long missing = known is { } next && !Next.ContainsKey(source) ? record.Position.Offset - next : 0;
            Letters.Add((source, record));
            Next[source] = record.Position.Offset + 1;
            Bytes += record.RawValue.Length;
            return missing;
        }
    }
}
