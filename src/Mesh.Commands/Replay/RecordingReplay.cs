using Mesh.Commands.Ingest;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Replay;

/// <summary>
/// Takes a whole recording through a topology version as an upload is taken, or announces files again that a table had refused. The ledger
/// takes each set once, so that a replay that is repeated, or meets live ingest, adds nothing twice.
/// </summary>
internal sealed class RecordingReplay(
    IObjectStore lake, TableCatalogue catalogue, RecordingStore recordings, DeadLetterStore letters, EventProducer producer,
    Func<DeadLetter, CancellationToken, Task> writeLetter, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan SlowestPoll = TimeSpan.FromSeconds(1);

    /// <summary>Runs a recording from beginning to end and waits until its run is finished.</summary>
    /// <returns>Rows of the run, frames included.</returns>
    /// <exception cref="MeshException">The run is a dead letter again; or transient.</exception>
    public async Task<long> RunWholeAsync(
        ReplayEntry replay, ReplayItem item, RecordingEntry recording, IngestOptions options, IObjectStore landing, CancellationToken cancellationToken)
    {
        var upload = new UploadAccepted
        {
            IngestId = item.IngestId,
            VehicleId = recording.VehicleId,
            Session = recording.Session,
            FileName = recording.FileName,
            Uri = recording.Uri,
            SizeBytes = recording.SizeBytes,
            ContentSha256 = recording.ContentSha256,
            AcceptedAtUs = UnixMicros.Of(recording.AcceptedAt),
        };
        using var processor = new UploadProcessor(options, landing, lake, catalogue, recordings, writeLetter, time, logger);
        var position = new EventPosition(ReplayIds.SourceOf(replay.Id), 0, item.Ordinal);
        var outcome = await processor.ProcessUploadAsync(upload, position, cancellationToken).ConfigureAwait(false);
        if (outcome.Result == UploadResult.DeadLettered) throw new MeshException(outcome.Code!, outcome.Reason!);
        CrashPoint.Reach("replay.before-files-written");
        foreach (var written in outcome.Events) await AnnounceAsync(written, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("replay.after-files-written");
        return await FinishAsync(processor.RunOf(recording.IngestId), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Announces refused file sets again and waits until their run is finished.</summary>
    /// <exception cref="MeshException"><c>MESH2363</c>: a letter does not hold its set; the run is a dead letter again; or transient.</exception>
    public async Task<long> RunFilesAsync(ReplayEntry replay, ReplayItem item, CancellationToken cancellationToken)
    {
        var run = new RecordingRun(IngestId.Parse(item.IngestId), item.Topology, item.TopologyVersion);
        foreach (var letter in await letters.ListReplayingAsync(ReplayIds.ClaimOf(replay.Id, item.Mode), item.IngestId, cancellationToken).ConfigureAwait(false))
        {
            byte[] payload = await letters.PayloadAsync(letter.Id, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH2363", $"The list of files for {letter.Channel} was too large for its dead letter. Replay the recording into a new version: `mesh replay start --topology NAME@V --recording {item.IngestId}`.");
            await AnnounceAsync(FilesWritten.Parser.ParseFrom(payload), cancellationToken).ConfigureAwait(false);
        }

        return await FinishAsync(run, cancellationToken).ConfigureAwait(false);
    }

    private Task AnnounceAsync(FilesWritten written, CancellationToken cancellationToken) =>
        producer.PublishAsync(Topics.FilesWritten, written.Table.Length > 0 ? written.Table : written.IngestId, written, cancellationToken);

    private async Task<long> FinishAsync(RecordingRun run, CancellationToken cancellationToken)
    {
        for (var delay = FirstPoll; !await recordings.IsFinishedAsync(run, cancellationToken).ConfigureAwait(false);)
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            delay = delay * 1.5 < SlowestPoll ? delay * 1.5 : SlowestPoll;
        }

        var ended = (await recordings.ListRunsAsync(run.IngestId, cancellationToken).ConfigureAwait(false))
            .Single(entry => entry.Topology == run.Topology && entry.TopologyVersion == run.TopologyVersion);
        return ended.State != RecordingState.DeadLettered
            ? ended.RowsOut + ended.FramesOut
            : throw new MeshException("MESH2364", $"{run} is a dead letter: {ended.Reason} `mesh deadletters list --recording {run.IngestId}` shows it; after the fix replay it with `mesh deadletters replay`.");
    }
}
