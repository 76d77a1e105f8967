using System.Data.Common;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.Graph;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest;

/// <summary>
/// Takes one upload through decode, synchronise and partition as one bounded graph. Knows nothing of the log it comes from, so that tests and
/// <c>topology test</c> run the same code. Safe for concurrent uploads, which share one budget of bytes under way.
/// </summary>
public sealed partial class UploadProcessor : IDisposable
{
    private readonly IngestOptions options;
    private readonly IObjectStore landing;
    private readonly IObjectStore lake;
    private readonly TableCatalogue catalogue;
    private readonly RecordingStore recordings;
    private readonly Func<DeadLetter, CancellationToken, Task> writeLetter;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ByteBudget budget;
    private readonly IngestMetrics metrics;
    private readonly LargeBlocks large;

    /// <param name="options">The topology's.</param>
    /// <param name="landing">Where recordings are.</param>
    /// <param name="lake">Where data files go.</param>
    /// <param name="catalogue">Tables.</param>
    /// <param name="recordings">Knows which uploads are finished.</param>
    /// <param name="writeLetter">Writes a dead letter and returns when it is durable.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public UploadProcessor(
        IngestOptions options, IObjectStore landing, IObjectStore lake, TableCatalogue catalogue, RecordingStore recordings,
        Func<DeadLetter, CancellationToken, Task> writeLetter, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.landing = landing;
        this.lake = lake;
        this.catalogue = catalogue;
        this.recordings = recordings;
        this.writeLetter = writeLetter;
        this.time = time;
        this.logger = logger;
        budget = new ByteBudget(options.TransitBytes);
        large = new LargeBlocks(options.LargeBytes);
        metrics = new IngestMetrics(options.Topology, budget);
        Heartbeat = new StageHeartbeat("ingest", time);
    }

    /// <summary>Whether the work gets on.</summary>
    public StageHeartbeat Heartbeat { get; }

    internal IngestMetrics Metrics => metrics;

    /// <summary>
    /// Ingests an upload: skips it when it is finished, repeats it while failures are transient, dead-letters it when they are not.
    /// Publishes nothing but dead letters; the caller announces <see cref="UploadOutcome.Events"/>.
    /// </summary>
    public async Task<UploadOutcome> ProcessUploadAsync(UploadAccepted upload, EventPosition position, CancellationToken cancellationToken)
    {
        Heartbeat.Begin();
        try
        {
            var outcome = await BringToAnEndAsync(upload, position, cancellationToken).ConfigureAwait(false);
            metrics.Ended(outcome.Result);
            return outcome;
        }
        finally
        {
            Heartbeat.End();
        }
    }

    private async Task<UploadOutcome> BringToAnEndAsync(UploadAccepted upload, EventPosition position, CancellationToken cancellationToken)
    {
        if (!IngestId.TryParse(upload.IngestId, out var id))
        {
            var broken = new MeshException("MESH2104", $"The upload event at {position.Topic}-{position.Partition}@{position.Offset} has the ingest id '{upload.IngestId}', which is none. Publish the recording again with `mesh publish`.");
            return await DeadLetterAsync(upload, position, null, "decode", broken, 1, cancellationToken).ConfigureAwait(false);
        }

        var delay = options.RetryDelay;
        for (int attempt = 1, unexpected = 0; ; attempt++)
        {
            string stage = "decode";
            try
            {
                if (await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) is null)
                {
                    throw new MeshException("MESH2105", $"Upload {id} is announced but this lake has never accepted it; it was meant for another. Publish the recording again with `mesh publish`.");
                }

                if (await recordings.IsFinishedAsync(RunOf(id), cancellationToken).ConfigureAwait(false)) return new UploadOutcome(UploadResult.AlreadyFinished, []);

                var context = new UploadContext(
                    id, upload.VehicleId, upload.Uri, Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), options.Topology, options.TopologyVersion, position)
                {
                    FileName = upload.FileName,
                    Attempt = attempt,
                    Tables = options.Tables,
                };
                var events = await RunAttemptAsync(context, failed => stage = failed, cancellationToken).ConfigureAwait(false);
                metrics.Add(events[0].Account, upload.SizeBytes);
                return new UploadOutcome(UploadResult.Written, events) { Attempts = attempt };
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                bool transient = IsTransient(exception);
                bool again = transient || (exception is not MeshException && ++unexpected < options.MaxUnexpectedFailures);
                if (!again)
                {
                    if (exception is MeshException { Code: var code } && code.StartsWith("MESH3", StringComparison.Ordinal)) stage = "synchronise";
                    return await DeadLetterAsync(upload, position, id, stage, exception, attempt, cancellationToken).ConfigureAwait(false);
                }

                metrics.Retried();
                Heartbeat.Beat();
                IngestLog.AttemptFailed(logger, exception, attempt, id, stage, delay);
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay;
        }
    }

    /// <summary>The run of an upload that this processor makes.</summary>
    public RecordingRun RunOf(IngestId id) => new(id, options.Topology, options.TopologyVersion);

    /// <summary>Dead-letters an event that is not an upload, with its bytes.</summary>
    public async Task DeadLetterEventAsync(ConsumedEvent<UploadAccepted> consumed, CancellationToken cancellationToken)
    {
        var position = consumed.Position;
        var letter = new DeadLetter
        {
            Stage = "decode",
            Code = "MESH2106",
            Reason = $"The event at {position.Topic}-{position.Partition}@{position.Offset} is not an UploadAccepted: {consumed.Error} Correct its producer; the schema is registered under the topic's subject.",
            Sequence = -1,
            LastSequence = -1,
            Count = 1,
            Payload = ByteString.CopyFrom(consumed.RawValue.Span[..Math.Min(consumed.RawValue.Length, options.Decode.MaxLetterPayloadBytes)]),
            PayloadBytes = consumed.RawValue.Length,
            Attempts = 1,
            Source = new SourceCoordinates { Topic = position.Topic, Partition = position.Partition, Offset = position.Offset },
            CreatedAtUs = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
            Topology = options.Topology,
        };
        await KeepTryingAsync(() => writeLetter(letter, cancellationToken), cancellationToken).ConfigureAwait(false);
        IngestLog.NotAnUpload(logger, position.ToString(), consumed.Error ?? "");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        metrics.Dispose();
        large.Dispose();
    }

    // A parser that runs off the end throws an IOException too, but that is a defect: waiting does not help.
    internal static bool IsTransient(Exception exception) => exception switch
    {
        MeshException failure => failure.IsTransient,
        EndOfStreamException => false,
        IOException or TimeoutException or HttpRequestException => true,
        DbException failure => failure.IsTransient,
        _ => false,
    };

    private async Task<UploadOutcome> DeadLetterAsync(
        UploadAccepted upload, EventPosition position, IngestId? id, string stage, Exception exception, int attempts, CancellationToken cancellationToken)
    {
        string code = (exception as MeshException)?.Code ?? "MESH2199";
        string reason = exception is MeshException ? exception.Message : $"The upload failed unexpectedly {attempts} times: {exception.GetType().Name}: {exception.Message} Please report this with the recording.";
        var letter = new DeadLetter
        {
            Stage = stage,
            Code = code,
            Reason = reason,
            IngestId = upload.IngestId,
            VehicleId = upload.VehicleId,
            Sequence = -1,
            LastSequence = -1,
            Count = 1,
            PayloadUri = upload.Uri,
            PayloadBytes = upload.SizeBytes,
            Attempts = attempts,
            Source = new SourceCoordinates { Topic = position.Topic, Partition = position.Partition, Offset = position.Offset },
            CreatedAtUs = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
            Topology = options.Topology,
            TopologyVersion = options.TopologyVersion,
        };

        // The letter first: a recording marked as dead-lettered without its letter could not be found or replayed.
        await KeepTryingAsync(async () => await writeLetter(letter, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (id is { } known)
        {
            await KeepTryingAsync(
                async () => await recordings.MarkDeadLetteredAsync(RunOf(known), $"{code}: {reason}", cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        IngestLog.DeadLettered(logger, exception, upload.IngestId, stage, code);
        return new UploadOutcome(UploadResult.DeadLettered, []) { Code = code, Reason = reason, Attempts = attempts };
    }

    private async Task KeepTryingAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        for (var delay = options.RetryDelay; ; delay = delay * 2 < options.MaxRetryDelay ? delay * 2 : options.MaxRetryDelay)
        {
            try
            {
                await action().ConfigureAwait(false);
                return;
            }
            catch (Exception exception) when (IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                IngestLog.Waiting(logger, exception, delay);
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
