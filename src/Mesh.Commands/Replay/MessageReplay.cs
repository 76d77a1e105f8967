using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Catalogue;
using Mesh.Columnar;
using Mesh.Commands.Ingest;
using Mesh.Decode;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise.Clocks;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Replay;

/// <summary>
/// Brings the messages of dead letters into the tables that have the rest of their recording: reads the recording again, decodes only
/// those messages and adds a file set of its own per table. Rows, letters and account move in one transaction per table.
/// </summary>
/// <remarks>
/// Frames of synchronised tables are not made again: a frame depends on all inputs around it. A whole replay through a new topology version
/// makes them.
/// </remarks>
internal sealed class MessageReplay(
    MetadataDatabase database, IObjectStore landing, IObjectStore lake, TableCatalogue catalogue, RecordingStore recordings, DeadLetterStore letters, ReplayStore replays,
    TimeProvider time, ILogger logger)
{
    /// <summary>Replays what is left of the letters of one recording and one run; what fails again is open again.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="item">The recording in it.</param>
    /// <param name="recording">The recording.</param>
    /// <param name="run">The run that has the rest.</param>
    /// <param name="decoder">The topology that decodes.</param>
    /// <param name="target">The topology of the run, which names the tables.</param>
    /// <param name="cancellationToken">Stops; nothing is added by halves.</param>
    /// <returns>Why messages are still missing; empty when none is.</returns>
    /// <exception cref="MeshException">Transient: to be tried again. Otherwise the letters stay as they are until the caller opens them.</exception>
    public async Task<string> RunAsync(
        ReplayEntry replay, ReplayItem item, RecordingEntry recording, RecordingRun run, IngestOptions decoder, IngestOptions target, CancellationToken cancellationToken)
    {
        string claim = ReplayIds.ClaimOf(replay.Id, item.Mode);
        var waiting = (await letters.ListReplayingAsync(claim, item.IngestId, cancellationToken).ConfigureAwait(false)).Where(letter => IsOf(letter, run)).ToList();
        if (waiting.Count == 0) return "";

        var map = new LetterMap(waiting);
        await TakeWhatOthersHaveAsync(map, waiting, run, recording, cancellationToken).ConfigureAwait(false);
        var attempt = new Attempt(replay, item, claim, run, decoder, map);
        await DecodeAsync(attempt, recording, target, cancellationToken).ConfigureAwait(false);
        foreach (var files in attempt.Files) await CommitAsync(attempt, files, cancellationToken).ConfigureAwait(false);
        return await OpenTheRestAsync(attempt, recording, cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeWhatOthersHaveAsync(LetterMap map, List<DeadLetterEntry> waiting, RecordingRun run, RecordingEntry recording, CancellationToken cancellationToken)
    {
        // A range says "those between that are not in the table": the table is asked, so that a message can be in it only once.
        var tables = recording.Runs.FirstOrDefault(entry => entry.Topology == run.Topology && entry.TopologyVersion == run.TopologyVersion)?.Tables ?? [];
        foreach (var (channel, first, last) in map.Spans)
        {
            var filter = new AndPredicate(
            [
                new ComparisonPredicate("recording_id", ComparisonOperator.Equal, run.IngestId.ToString()),
                new ComparisonPredicate("channel", ComparisonOperator.Equal, channel),
                new ComparisonPredicate("sequence", ComparisonOperator.GreaterOrEqual, first),
                new ComparisonPredicate("sequence", ComparisonOperator.LessOrEqual, last),
            ]);
            foreach (string name in tables)
            {
                var table = TableIdentifier.Parse(name);
                if (await catalogue.FindAsync(table, cancellationToken).ConfigureAwait(false) is not { } known || known.Schema.IndexOf("sequence") < 0) continue;
                await foreach (var batch in catalogue.ScanAsync(table, new ScanOptions { Columns = ["sequence"], Filter = filter }, cancellationToken).ConfigureAwait(false))
                {
                    foreach (long sequence in batch["sequence"].Values<long>()) map.Take(channel, sequence);
                }
            }
        }

        var own = waiting.Select(letter => letter.Id).ToHashSet(StringComparer.Ordinal);
        foreach (string channel in map.Spans.Select(span => span.Channel).ToList())
        {
            var filter = new DeadLetterFilter { Recording = run.IngestId.ToString(), Channel = channel };
            foreach (var letter in await letters.ListAsync(filter, int.MaxValue, cancellationToken).ConfigureAwait(false))
            {
                if (!own.Contains(letter.Id) && IsOf(letter, run) && letter.LastSequence == letter.Sequence) map.Take(channel, letter.Sequence);
            }
        }
    }

    private async Task DecodeAsync(Attempt attempt, RecordingEntry recording, IngestOptions target, CancellationToken cancellationToken)
    {
        var upload = new UploadContext(
            attempt.Run.IngestId, recording.VehicleId, recording.Uri, Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), attempt.Run.Topology, attempt.Run.TopologyVersion,
            new EventPosition(ReplayIds.SourceOf(attempt.Replay.Id), 0, attempt.Item.Ordinal))
        {
            FileName = recording.FileName,
            Tables = target.Tables,
        };
        var decode = attempt.Decoder.DecodeWithinLimits with
        {
            Only = new MessageSelection(attempt.Map.Spans, attempt.Map.IsTaken),
            OnCorrupt = CorruptPolicy.DeadLetter,
            MaxLettersPerChannel = int.MaxValue,
            MaxLetterPayloadBytes = 0,
        };
        attempt.Upload = upload;
        var partitioner = new TablePartitioner(upload, target.PartitionWithinLimits, decode.OnSchemaChange, catalogue, lake)
        {
            PolicyOf = (schema, channel) => decode.PolicyOf(schema, channel, recording.VehicleId),
        };
        await using (partitioner.ConfigureAwait(false))
        {
            var decoder = new RecordingDecoder(decode, landing, attempt.NoteFailureAsync, time, logger);
            RecordingClocks? clocks = null;
            if (target.Clocks is { } plan)
            {
                // The same stamps give the same clocks as when the rest was ingested, whose models are stored already. A channel that could not be
                // read then has none stored; its rows tell their band all the same.
                clocks = new RecordingClocks(plan, target.ClockBytes);
                await decoder.ScanStampsAsync(upload, clocks, cancellationToken).ConfigureAwait(false);
                clocks.Estimate();
            }

            await foreach (var batch in decoder.DecodeAsync(upload, new DecodeAccount(), clocks, cancellationToken).ConfigureAwait(false))
            {
                var table = await partitioner.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                attempt.NoteRows(batch, table);
            }

            attempt.Files = await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        long written = attempt.Files.Sum(table => table.RowCount), counted = attempt.Rows.Values.Sum(table => table.Values.Sum());
        if (written != counted) throw new InvalidOperationException($"The account does not add up: {counted} messages of letters decoded, {written} rows written.");
    }

    private async Task CommitAsync(Attempt attempt, TableFiles files, CancellationToken cancellationToken)
    {
        var table = files.Identifier;
        if (!attempt.Rows.TryGetValue(table, out var rows)) return;
        var run = attempt.Run;
        var set = new IngestSet(run.IngestId, run.Topology, SetVersion(run, rows.Keys), attempt.Upload.AttemptId, [.. files.Files.Select(file => file.File)]);
        CrashPoint.Reach("replay.before-commit");
        var outcome = await catalogue.AppendAsync(table, new AppendRequest
        {
            Sets = [set],
            OnCommitting = async (transaction, committed, _) =>
            {
                foreach (var (letter, count) in rows)
                {
                    await letters.AddReplayedAsync(
                        transaction, letter.Id, attempt.Claim, count, $"{count:N0} of {letter.Count:N0} messages are rows of {table} ({attempt.Replay.Id})",
                        attempt.Decoder.Topology, attempt.Decoder.TopologyVersion, attempt.Decoder.Digest).ConfigureAwait(false);
                    await recordings.MoveToRowsAsync(transaction, run, letter.Channel, letter.SchemaName, table.ToString(), attempt.TimeBases.GetValueOrDefault(letter.Channel, ""), count).ConfigureAwait(false);
                }

                await replays.AddRowsAsync(transaction, attempt.Replay.Id, attempt.Item.Ordinal, rows.Values.Sum()).ConfigureAwait(false);
                await SnapshotAnnouncement.AddAsync(transaction, committed, committed.CurrentSnapshot!, run).ConfigureAwait(false);
            },
        }, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("replay.after-commit");
        if (outcome.Accepted.Count == 0) throw new MeshException("MESH2358", $"{table} has the replayed messages of {run} already, though their letters say otherwise. Report this with `mesh deadletters show {rows.Keys.First().Id}`.");
    }

    private async Task<string> OpenTheRestAsync(Attempt attempt, RecordingEntry recording, CancellationToken cancellationToken) => await database.WriteAsync(
        async transaction =>
        {
            string problem = "";
            long missing = 0;
            foreach (var letter in await letters.ListReplayingAsync(transaction, attempt.Claim, attempt.Item.IngestId).ConfigureAwait(false))
            {
                if (!IsOf(letter, attempt.Run)) continue;
                var (code, reason) = attempt.Failures.TryGetValue(letter.Id, out var failure)
                    ? failure
                    : ("MESH2359", $"{attempt.Decoder.Topology}@{attempt.Decoder.TopologyVersion} makes nothing of the message: its decode section does not select channel '{letter.Channel}', or makes other channels of the recording. Drop the letter if that is meant; else select the channel, or replay all of {recording.FileName} through a new version.");
                await letters.ReopenAsync(transaction, letter.Id, attempt.Claim, code, reason).ConfigureAwait(false);
                missing += letter.Remaining;
                if (problem.Length == 0) problem = $"{code}: {reason}";
            }

            return missing == 0 ? "" : $"{missing:N0} messages failed again; {problem}";
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The version under which the ledger keeps the set: that of the run, and a hash of the letters with what they had brought before, so that
    /// the same step is the same set and the next step of a letter is another.
    /// </summary>
    private static string SetVersion(RecordingRun run, IEnumerable<DeadLetterEntry> letters)
    {
        var text = new StringBuilder();
        foreach (var letter in letters.OrderBy(letter => letter.Id, StringComparer.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"{letter.Id}:{letter.Replayed}\n");
        return $"{run.TopologyVersion}+r{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())))[..16]}";
    }

    private static bool IsOf(DeadLetterEntry letter, RecordingRun run) =>
        letter.Kind == DeadLetterKind.Messages && letter.Topology == run.Topology && letter.TopologyVersion == run.TopologyVersion;

    /// <summary>What one attempt has found.</summary>
    private sealed class Attempt(ReplayEntry replay, ReplayItem item, string claim, RecordingRun run, IngestOptions decoder, LetterMap map)
    {
        public ReplayEntry Replay { get; } = replay;

        public ReplayItem Item { get; } = item;

        public string Claim { get; } = claim;

        public RecordingRun Run { get; } = run;

        public IngestOptions Decoder { get; } = decoder;

        public LetterMap Map { get; } = map;

        public UploadContext Upload { get; set; } = null!;

        public IReadOnlyList<TableFiles> Files { get; set; } = [];

        /// <summary>Rows by table and letter.</summary>
        public Dictionary<TableIdentifier, Dictionary<DeadLetterEntry, long>> Rows { get; } = [];

        /// <summary>Time base by channel.</summary>
        public Dictionary<string, string> TimeBases { get; } = new(StringComparer.Ordinal);

        /// <summary>The first failure by letter id.</summary>
        public Dictionary<string, (string Code, string Reason)> Failures { get; } = new(StringComparer.Ordinal);

        public void NoteRows(ChannelBatch batch, TableIdentifier table)
        {
            TimeBases[batch.Channel] = batch.TimeBase;
            if (!Rows.TryGetValue(table, out var counts)) Rows.Add(table, counts = new Dictionary<DeadLetterEntry, long>(ReferenceEqualityComparer.Instance));
            foreach (long sequence in batch.Batch["sequence"].Values<long>())
            {
                var letter = Map.LetterOf(batch.Channel, sequence)
                    ?? throw new InvalidOperationException($"Message {sequence} of {batch.Channel} belongs to no letter, though it was selected for one.");
                counts[letter] = counts.GetValueOrDefault(letter) + 1;
            }
        }

        public Task NoteFailureAsync(DeadLetter failed, CancellationToken cancellationToken)
        {
            if (Map.LetterOf(failed.Channel, failed.Sequence) is { } letter) Failures.TryAdd(letter.Id, (failed.Code, failed.Reason));
            return Task.CompletedTask;
        }
    }
}
