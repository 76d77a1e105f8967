using System.Text;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Model;
using Mesh.Upload;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>From records to messages: which are new, which are missing, which cannot be read.</summary>
public sealed partial class TelemetryWorker
{
    private sealed partial class Session
    {
        private async Task<MicroBatch> GatherAsync(IReadOnlyList<LogRecord> records, CancellationToken cancellationToken)
        {
            var batch = new MicroBatch();
            bool done = false;
            try
            {
                // Asked for once a batch: logs with transactions have gaps between their records everywhere.
                var starts = new Dictionary<int, long>();
                if (frames is not null) await frames.LoadAsync(records.Select(record => record.Position.Partition).Distinct(), cancellationToken).ConfigureAwait(false);
                foreach (var record in records)
                {
                    if (await PlaceInAsync(batch, record, starts, cancellationToken).ConfigureAwait(false)) Add(batch, record);
                    else if (IsForFrames(record)) AddAgain(batch, record);
                }

                done = true;
                return batch;
            }
            finally
            {
                // A state that is ahead of what will be committed must not be gone on with.
                if (!done) states.Clear();
            }
        }

        /// <summary>Whether a record is the next of its partition, which it then moves.</summary>
        private async Task<bool> PlaceInAsync(MicroBatch batch, LogRecord record, Dictionary<int, long> starts, CancellationToken cancellationToken)
        {
            int partition = record.Position.Partition;
            long offset = record.Position.Offset;
            if (IsForFrames(record)) return false;
            if (!states.TryGetValue(partition, out var state) || offset != state.Next)
            {
                state = await CatchUpAsync(batch, partition, offset, state, starts, cancellationToken).ConfigureAwait(false);
                if (offset < state.Next) return false;
            }

            state.Next = offset + 1;
            batch.Partitions[partition] = state;
            return true;
        }

        /// <summary>
        /// A record that is not the expected one: the partition came back after a rebalance, or records are missing before it. Another reader may have
        /// moved the partition meanwhile, so the database is asked first.
        /// </summary>
        private async Task<PartitionState> CatchUpAsync(
            MicroBatch batch, int partition, long offset, PartitionState? state, Dictionary<int, long> starts, CancellationToken cancellationToken)
        {
            bool isGap = state is not null && offset > state.Next && starts.ContainsKey(partition);
            if (!isGap)
            {
                var fresh = await worker.progress.LoadAsync(options.Group, SourceOf(partition), options.MaxProducers, cancellationToken).ConfigureAwait(false);
                bool isOurs = state is not null && offset > state.Next && state.Saved == fresh.Saved;
                if (!isOurs)
                {
                    batch.Drop(partition);
                    states[partition] = state = fresh;
                }
            }

            if (offset <= state!.Next) return state;
            if (state.Saved is null && !batch.Partitions.ContainsKey(partition))
            {
                // The first time, whatever the log still has is all there is.
                state.Next = offset;
                return state;
            }

            if (!starts.TryGetValue(partition, out long start))
            {
                var found = await admin.ReadStartsAsync(options.Topic, [partition], cancellationToken).ConfigureAwait(false);
                starts[partition] = start = found.GetValueOrDefault(partition);
            }

            // Without deletion the gap is one that transactions or compaction leave.
            long lost = Math.Min(start, offset) - state.Next;
            if (lost > 0) ReportLoss(batch, state, lost);
            state.Next = offset;
            return state;
        }

        private void ReportLoss(MicroBatch batch, PartitionState state, long lost)
        {
            TelemetryLog.Lost(worker.logger, lost, state.Source.Key, state.Next);
            worker.metrics.Lost(lost);
            var reason = new MeshException(
                "MESH2406",
                $"{lost} messages of {state.Source.Topic} partition {state.Source.Partition} from offset {state.Next} were deleted by the log's retention before they were read. Raise the topic's retention, or find out why reading stopped.");
            var letter = TelemetryLetters.Create(
                state.Source, new LogRecord(new EventPosition(state.Source.Topic, state.Source.Partition, state.Next), default, null, null, []), reason, options.Topology, worker.time);
            letter.LastSequence = state.Next + lost - 1;
            letter.Count = lost;
            batch.Letters.Add(letter);
        }

        /// <summary>Whether a record's rows are in their tables and a window still wants it.</summary>
        private bool IsForFrames(LogRecord record) =>
            frames is not null && states.TryGetValue(record.Position.Partition, out var state) && record.Position.Offset < state.Saved
            && frames.Needs(record.Position.Partition, record.Position.Offset);

        private void AddAgain(MicroBatch batch, LogRecord record)
        {
            int partition = record.Position.Partition;

            // A partition that comes back in the middle of a batch brings the same records again.
            if (batch.AgainTo.TryGetValue(partition, out long to) && record.Position.Offset < to) return;
            batch.AgainTo[partition] = record.Position.Offset + 1;
            try
            {
                string vehicle = VehiclePseudonym.Of(record.Key is null ? null : Encoding.UTF8.GetString(record.Key), options.VinKey);
                batch.Again.Add(new TelemetryInput(record, SourceOf(partition), vehicle, TelemetryMessage.Read(record)));
            }
            catch (MeshException)
            {
                // It is a dead letter already.
            }
        }

        private void Add(MicroBatch batch, LogRecord record)
        {
            var state = batch.Partitions[record.Position.Partition];
            string vehicle = "";
            try
            {
                vehicle = VehiclePseudonym.Of(record.Key is null ? null : Encoding.UTF8.GetString(record.Key), options.VinKey);
                var message = TelemetryMessage.Read(record);
                if (message.Producer is { } producer && !state.Producers.Admit(producer, message.Sequence, record.Position.Offset))
                {
                    batch.Duplicates++;
                    worker.metrics.Duplicate();
                    return;
                }

                if (lateness.Take(vehicle, message.LogTimeNs) is { } behind)
                {
                    batch.Late++;
                    worker.metrics.Late(message.Channel.Length > 0 ? message.Channel : message.Encoding, behind);
                }

                batch.Inputs.Add(new TelemetryInput(record, state.Source, vehicle, message));
            }
            catch (MeshException refusal)
            {
                var letter = TelemetryLetters.Create(state.Source, record, refusal, options.Topology, worker.time);
                letter.VehicleId = vehicle;
                TelemetryLetters.SetPayload(letter, record.Value, options.Decode.MaxLetterPayloadBytes);
                batch.Letters.Add(letter);
            }
        }
    }
}
