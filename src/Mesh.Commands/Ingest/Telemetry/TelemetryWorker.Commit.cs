using Mesh.Catalogue.TopicFed;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Rows;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>From messages to snapshots.</summary>
public sealed partial class TelemetryWorker
{
    private sealed partial class Session
    {
        private async Task<TelemetryRows> DecodeAsync(MicroBatch batch, List<TelemetryInput> inputs, CancellationToken cancellationToken)
        {
            try
            {
                return await decoder.DecodeAsync(inputs, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not MeshException and not OperationCanceledException)
            {
                // A defect in a decoder. Which message meets it is found out one by one; the others go on.
                await SetPoisonAsideAsync(batch, inputs, cancellationToken).ConfigureAwait(false);
                decoder = worker.NewDecoder();
                return await decoder.DecodeAsync(inputs, cancellationToken).ConfigureAwait(false);
            }
        }

        private async Task SetPoisonAsideAsync(MicroBatch batch, List<TelemetryInput> inputs, CancellationToken cancellationToken)
        {
            for (int i = inputs.Count - 1; i >= 0; i--)
            {
                var input = inputs[i];
                try
                {
                    await worker.NewDecoder().DecodeAsync([input], cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not MeshException and not OperationCanceledException)
                {
                    TelemetryLog.Poison(worker.logger, exception, input.Source.Key, input.Record.Position.Offset);
                    var unforeseen = new MeshException("MESH2449", $"The message failed unexpectedly: {exception.GetType().Name}: {exception.Message} Please report this with the message.");
                    // What is read again has its letter.
                    if (inputs == batch.Inputs) batch.Letters.Add(LetterOf(input, unforeseen));
                    inputs.RemoveAt(i);
                }
            }
        }

        private DeadLetter LetterOf(TelemetryInput input, MeshException refusal)
        {
            var letter = TelemetryLetters.Create(input.Source, input.Record, refusal, options.Topology, worker.time);
            letter.VehicleId = input.VehicleId;
            letter.Channel = input.Message.Channel;
            letter.SchemaName = input.Message.SchemaName;
            letter.LogTimeNs = input.Message.LogTimeNs;
            TelemetryLetters.SetPayload(letter, input.Record.Value, options.Decode.MaxLetterPayloadBytes);
            return letter;
        }

        /// <summary>Commits the rows to every table; a table that another reader has moved gets what it still lacks.</summary>
        private async Task<(long Rows, int Tables)> CommitAsync(MicroBatch batch, TelemetryRows rows, CancellationToken cancellationToken)
        {
            if (rows.Batches.Count == 0) return (0, 0);
            var refused = new HashSet<TelemetryBatch>();
            var committed = new CommitCount();
            while (!await RetryAsync(() => TryCommitAsync(batch, rows, refused, committed, cancellationToken), cancellationToken).ConfigureAwait(false))
            {
            }

            return (committed.Rows, committed.Tables.Count);
        }

        private async Task<bool> TryCommitAsync(MicroBatch batch, TelemetryRows rows, HashSet<TelemetryBatch> refused, CommitCount committed, CancellationToken cancellationToken)
        {
            var first = batch.Inputs[0];
            var position = first.Record.Position;
            var context = new UploadContext(
                IngestId.Parse(first.Source.RecordingId), "", "", Guid.CreateVersion7(worker.time.GetUtcNow()).ToString("N"), options.Topology, options.TopologyVersion, position) { Tables = options.Tables };
            await using var partitioner = new TablePartitioner(context, options.Partition, options.Decode.OnSchemaChange, worker.catalogue, worker.lake)
            {
                PolicyOf = (schema, channel) => options.Decode.PolicyOf(schema, channel, ""),
            };
            var known = new Dictionary<TableIdentifier, IReadOnlyDictionary<string, long>>();
            var sources = new Dictionary<TableIdentifier, HashSet<TopicSource>>();
            foreach (var part in rows.Batches)
            {
                if (refused.Contains(part)) continue;
                try
                {
                    var table = await partitioner.RouteAsync(part.Rows, cancellationToken).ConfigureAwait(false);
                    if (!known.TryGetValue(table, out var offsets)) known[table] = offsets = await worker.tables.ReadOffsetsAsync(table, cancellationToken).ConfigureAwait(false);
                    if (!sources.TryGetValue(table, out var own)) sources[table] = own = [];
                    if (Missing(batch, part, offsets, own) is { } missing) await partitioner.WriteAsync(missing, cancellationToken).ConfigureAwait(false);
                }
                catch (MeshException refusal) when (!refusal.IsTransient)
                {
                    // Rows that no table takes are the fault of their schema; they hold up nobody.
                    foreach (int index in part.Inputs.Distinct()) await worker.writeLetter(LetterOf(batch.Inputs[index], refusal), cancellationToken).ConfigureAwait(false);
                    refused.Add(part);
                    return false;
                }
            }

            var files = await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false);

            // The same id before and after reading says that nothing of another topic has come in between.
            await RequireSameTopicAsync(null, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach("telemetry.before-commit");
            bool complete = true;
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism };
            await Parallel.ForEachAsync(files.Where(table => table.Files.Count > 0), parallel, async (table, _) =>
            {
                var append = AppendOf(batch, table, known[table.Identifier], sources[table.Identifier]);
                // What has been begun is finished: stopping is not delayed for long.
                if (await worker.tables.TryAppendAsync(append, CancellationToken.None).ConfigureAwait(false))
                {
                    committed.Add(table.Identifier, table.RowCount);
                }
                else
                {
                    Volatile.Write(ref complete, false);
                    worker.metrics.Fenced();
                    TelemetryLog.Fenced(worker.logger, options.Group, options.Topic);
                }

                CrashPoint.Reach("telemetry.after-table");
            }).ConfigureAwait(false);
            return complete;
        }

        private TopicAppend AppendOf(MicroBatch batch, TableFiles table, IReadOnlyDictionary<string, long> offsets, HashSet<TopicSource> sources)
        {
            var timed = table.Files.Where(file => file.File.RowCount > 0).ToList();
            return new TopicAppend
            {
                Table = table.Identifier,
                Files = [.. table.Files.Select(file => file.File)],
                Slices = [.. sources.Select(source => new TopicSlice(source.Key, offsets.GetValueOrDefault(source.Key), batch.Partitions[source.Partition].Next))],
                MinLogTimeUs = timed.Count == 0 ? 0 : timed.Min(file => file.MinLogTimeUs),
                MaxLogTimeUs = timed.Count == 0 ? 0 : timed.Max(file => file.MaxLogTimeUs),
                Topology = options.Topology,
            };
        }

        /// <summary>The rows that a table does not have yet; null when it has all.</summary>
        private static ChannelBatch? Missing(MicroBatch batch, TelemetryBatch part, IReadOnlyDictionary<string, long> offsets, HashSet<TopicSource> sources)
        {
            var places = new List<RowRef>(part.Inputs.Count);
            TopicSource? last = null;
            long below = 0;
            for (int row = 0; row < part.Inputs.Count; row++)
            {
                var input = batch.Inputs[part.Inputs[row]];
                if (!ReferenceEquals(input.Source, last))
                {
                    last = input.Source;
                    below = offsets.GetValueOrDefault(last.Key);
                }

                if (input.Record.Position.Offset < below) continue;
                places.Add(new RowRef(0, row));
                sources.Add(input.Source);
            }

            if (places.Count == 0) return null;
            if (places.Count == part.Inputs.Count) return part.Rows;
            return part.Rows with { Batch = RowGather.Take([part.Rows.Batch], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(places)) };
        }

        private sealed class CommitCount
        {
            public long Rows { get; private set; }

            public HashSet<TableIdentifier> Tables { get; } = [];

            public void Add(TableIdentifier table, long rows)
            {
                lock (Tables)
                {
                    Tables.Add(table);
                    Rows += rows;
                }
            }
        }
    }
}
