using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Streaming.Graph;
using Microsoft.Extensions.Logging;

namespace Mesh.Upload.Chunks;

/// <summary>
/// Takes recordings that producers with nothing but a Kafka client send in pieces. Bytes go straight into the upload's part on disk, so
/// memory is bounded by what the log's client holds; a piece that is there already is passed over, a missing or damaged one asked for
/// again. The group's offset stays below the first piece of every unfinished upload: a server that takes over reads them again.
/// </summary>
/// <param name="receiver">Takes the bytes.</param>
/// <param name="kafka">Where the pieces are.</param>
/// <param name="letters">Takes records that are no pieces.</param>
/// <param name="logger">Log.</param>
/// <param name="time">Clock.</param>
public sealed class ChunkedUploads(UploadReceiver receiver, KafkaOptions kafka, DeadLetterSink letters, ILogger<ChunkedUploads> logger, TimeProvider time)
{
    /// <summary>Consumer group.</summary>
    public const string Group = "mesh.upload";

    private const long MaxWaitingBytes = 16L << 20;
    private const int MaxLetterPayloadBytes = 64 << 10;

    private readonly ILogger logger = logger;
    private readonly TimeProvider time = time;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(30);

    /// <summary>An upload nobody has sent a piece of for so long no longer holds back the group's offset; it can still be resumed.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled. Pieces under way then are read again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var consumer = new RecordConsumer(kafka, Topics.UploadChunks, Group, logger);
        await using var producer = new RecordProducer(kafka, logger);
        var run = new Run(this, consumer, producer, cancellationToken);
        try
        {
            await foreach (var record in consumer.ReadAsync(cancellationToken).ConfigureAwait(false)) await run.TakeAsync(record).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is the normal end.
        }
        finally
        {
            await run.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What is under way in one run of the stage.</summary>
    private sealed class Run(ChunkedUploads stage, RecordConsumer consumer, RecordProducer producer, CancellationToken stopping)
    {
        private readonly OffsetTracker offsets = new();
        private readonly ByteBudget waiting = new(MaxWaitingBytes);
        private readonly Dictionary<string, UploadUnderWay> uploads = [];
        private DateTimeOffset forgetAt = stage.time.GetUtcNow() + ForgetInterval;

        public async Task TakeAsync(LogRecord record)
        {
            if (!offsets.TryBegin(record.Position)) return;
            if (UploadChunk.Read(record, out string problem) is not { } chunk)
            {
                await stage.RetryAsync(() => stage.SetAsideAsync(record, problem, stopping), stopping).ConfigureAwait(false);
                await FinishAsync(record.Position).ConfigureAwait(false);
                return;
            }

            await ForgetAsync().ConfigureAwait(false);
            if (!uploads.TryGetValue(chunk.PartId, out var upload)) uploads.Add(chunk.PartId, upload = new UploadUnderWay());
            upload.LastSeen = stage.time.GetUtcNow();

            // Pieces of one upload one after the other, uploads side by side: finishing a large one takes as long as storing it does.
            await waiting.TakeAsync(chunk.Bytes.Length, stopping).ConfigureAwait(false);
            upload.Last = HandleAsync(upload.Last, upload, chunk, record.Position);
        }

        public Task WaitAsync() => Task.WhenAll(uploads.Values.Select(upload => upload.Last));

        private async Task HandleAsync(Task before, UploadUnderWay upload, UploadChunk chunk, EventPosition position)
        {
            try
            {
                await before.ConfigureAwait(false);
                var answer = await stage.RetryAsync(() => stage.ApplyAsync(chunk, upload, stopping), stopping).ConfigureAwait(false);
                CrashPoint.Reach("upload.after-chunk");
                if (answer is not null) await stage.RetryAsync(() => AnswerAsync(answer with { Attempt = chunk.Attempt }), stopping).ConfigureAwait(false);

                if (upload.IsFinished)
                {
                    if (upload.FirstPiece is { } first) await FinishAsync(first).ConfigureAwait(false);
                    upload.FirstPiece = null;
                }
                else if (upload.FirstPiece is null && !chunk.IsQuestion)
                {
                    upload.FirstPiece = position;
                    return;
                }

                await FinishAsync(position).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Not finished: the piece is read again.
            }
            finally
            {
                waiting.Release(chunk.Bytes.Length);
            }
        }

        private async Task<bool> AnswerAsync(ChunkAnswer answer)
        {
            await producer.SendAsync(
                Topics.UploadAnswers, System.Text.Encoding.UTF8.GetBytes(answer.UploadId), answer.Write(), [new("content-type", "application/json")], stopping).ConfigureAwait(false);
            return true;
        }

        // Only what is at rest: a piece that is being handled belongs to its upload.
        private async Task ForgetAsync()
        {
            if (stage.time.GetUtcNow() < forgetAt) return;
            forgetAt = stage.time.GetUtcNow() + ForgetInterval;
            foreach (var (id, upload) in uploads)
            {
                if (!upload.Last.IsCompleted) continue;
                if (upload.IsFinished) uploads.Remove(id);
                else if (upload.LastSeen < stage.time.GetUtcNow() - Abandoned)
                {
                    uploads.Remove(id);
                    if (upload.FirstPiece is { } first) await FinishAsync(first).ConfigureAwait(false);
                }
            }
        }

        private async Task FinishAsync(EventPosition position)
        {
            if (offsets.Finish(position) is not { } next) return;
            try
            {
                await consumer.CommitAsync(position.Partition, next, stopping).ConfigureAwait(false);
            }
            catch (MeshException exception)
            {
                // A later commit covers it, or another server reads the pieces again and passes them over.
                Log.ChunksNotCommitted(stage.logger, exception, position.Partition, next);
            }
        }
    }

    /// <summary>What a run knows of an upload.</summary>
    private sealed class UploadUnderWay
    {
        public Task Last { get; set; } = Task.CompletedTask;

        public EventPosition? FirstPiece { get; set; }

        public bool IsFinished { get; set; }

        public DateTimeOffset LastSeen { get; set; }

        /// <summary>Where bytes have been asked for; once is enough for all the pieces that follow a missing one.</summary>
        public long AskedFor { get; set; } = -1;

        /// <summary>Whether it was refused: the rest of its pieces need no answer of their own, its beginning is a new attempt.</summary>
        public bool IsRefused { get; set; }
    }

    private async Task<ChunkAnswer?> ApplyAsync(UploadChunk chunk, UploadUnderWay upload, CancellationToken cancellationToken)
    {
        if (upload.IsRefused && chunk is { IsQuestion: false, Offset: > 0 }) return null;
        upload.IsRefused = false;
        try
        {
            var session = await receiver.OpenAsync(chunk.PartId, chunk.Length, chunk.Metadata, cancellationToken).ConfigureAwait(false);
            if (session.Result == UploadResult.Incomplete && receiver.OffsetOf(session) == 0 && await receiver.FindDuplicateAsync(session, cancellationToken).ConfigureAwait(false) is { } known)
            {
                session = await receiver.AnswerDuplicateAsync(session, known, cancellationToken).ConfigureAwait(false);
                return Finished(chunk, upload, session);
            }

            // An answered upload is answered again when its end, or a question, comes again: the first answer may have been missed.
            if (session.Result != UploadResult.Incomplete)
            {
                var again = Finished(chunk, upload, session);
                return chunk.IsQuestion || chunk.End == chunk.Length ? again : null;
            }

            upload.IsFinished = false;
            long present = receiver.OffsetOf(session);
            if (chunk.IsQuestion) return Incomplete(chunk, present, null, null);
            if (chunk.End <= present) return null;
            if (chunk.Offset > present) return AskAgain(chunk, upload, present, "MESH1031", $"The recording is there up to byte {present:N0}; a piece from {chunk.Offset:N0} on came without those between. Send from {present:N0} on.");
            if (!chunk.IsIntact())
            {
                return AskAgain(chunk, upload, present, "MESH1032", $"The piece at byte {chunk.Offset:N0} does not have the checksum of its header {UploadChunk.ChecksumHeader} (crc32=XXXXXXXX or sha256=...). Send from {present:N0} on.");
            }

            var body = PipeReader.Create(new ReadOnlySequence<byte>(chunk.Bytes[(int)(present - chunk.Offset)..]));
            (session, _) = await receiver.AppendAsync(session, present, body, cancellationToken).ConfigureAwait(false);
            upload.AskedFor = -1;
            return session.Result == UploadResult.Incomplete ? null : Finished(chunk, upload, session);
        }
        catch (UploadRefusedException refusal) when (!refusal.IsTransient)
        {
            upload.IsFinished = upload.IsRefused = true;
            return new ChunkAnswer(chunk.UploadId, chunk.Vehicle, UploadResult.Refused, 0) { Code = refusal.Code, Reason = refusal.Message };
        }
    }

    private static ChunkAnswer Finished(UploadChunk chunk, UploadUnderWay upload, UploadSession session)
    {
        upload.IsFinished = true;
        return new ChunkAnswer(chunk.UploadId, chunk.Vehicle, session.Result, chunk.Length) { IngestId = session.IngestId, Code = session.Code, Reason = session.Reason };
    }

    private static ChunkAnswer? AskAgain(UploadChunk chunk, UploadUnderWay upload, long present, string code, string reason)
    {
        if (upload.AskedFor == present) return null;
        upload.AskedFor = present;
        return Incomplete(chunk, present, code, reason);
    }

    private static ChunkAnswer Incomplete(UploadChunk chunk, long present, string? code, string? reason) =>
        new(chunk.UploadId, chunk.Vehicle, UploadResult.Incomplete, present) { Code = code, Reason = reason };

    private async Task<bool> SetAsideAsync(LogRecord record, string problem, CancellationToken cancellationToken)
    {
        var (topic, partition, offset) = record.Position;
        await letters.WriteAsync(
            new DeadLetter
            {
                Stage = "upload",
                Code = "MESH1033",
                Reason = $"The record at {topic}-{partition}@{offset} is no piece of a recording: {problem}. Correct its producer; docs/upload/chunks.md names the headers.",
                Channel = $"{topic}-{partition}",
                Sequence = offset,
                LastSequence = offset,
                Count = 1,
                Payload = ByteString.CopyFrom(record.Value is { } value ? value.AsSpan(0, Math.Min(value.Length, MaxLetterPayloadBytes)) : []),
                PayloadBytes = record.Value?.Length ?? 0,
                Attempts = 1,
                Source = new SourceCoordinates { Topic = topic, Partition = partition, Offset = offset },
                CreatedAtUs = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
            },
            cancellationToken).ConfigureAwait(false);
        Log.NotAChunk(logger, record.Position.ToString(), problem);
        return true;
    }

    // A full disk, a quota, a database that is away: the pieces wait on the log until it is over.
    private async Task<T> RetryAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        for (var delay = FirstRetryDelay; ; delay = delay * 2 < LongestRetryDelay ? delay * 2 : LongestRetryDelay)
        {
            try
            {
                return await step().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is MeshException { IsTransient: true } or IOException or System.Data.Common.DbException or UnauthorizedAccessException)
            {
                Log.ChunkRetried(logger, exception, delay);
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
