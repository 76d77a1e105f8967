using System.Security.Cryptography;
using System.Text;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Upload.Chunks;

/// <summary>
/// Sends recordings in pieces over Kafka: asks how far the upload has come, sends what is missing, goes back where bytes are asked for again,
/// and waits for the answer. The upload's name follows from content, vehicle and session, so that another process resumes it.
/// </summary>
/// <param name="kafka">Where to.</param>
/// <param name="logger">Takes the client's own log.</param>
public sealed class ChunkClient(KafkaOptions kafka, ILogger logger)
{
    private const int PieceBytes = 512 << 10;
    private const int PiecesUnderWay = 16;

    /// <summary>Longest wait for the first answer (default: 60 s).</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for an answer once everything is sent (default: 30 min): a large recording takes time to be stored.</summary>
    public TimeSpan PatienceWithStorage { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Sends a file and waits for the answer.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="vehicle">Id of the vehicle.</param>
    /// <param name="session">Name of the drive; empty for none.</param>
    /// <param name="progress">Told the bytes that the log has, from time to time.</param>
    /// <param name="cancellationToken">Stops; what was sent can be resumed.</param>
    /// <exception cref="MeshException"><c>MESH1020</c> the file cannot be read; <c>MESH1034</c>, transient: nobody answers; the log's own errors.</exception>
    public async Task<UploadAnswer> UploadAsync(string path, string vehicle, string session, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var file = Open(path);
        await using (file.ConfigureAwait(false))
        {
            byte[] sha256 = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            var upload = new Transfer(file, IngestId.Compute(sha256, vehicle, session).ToString(), vehicle, session, Convert.ToHexStringLower(sha256), progress);
            var producer = new RecordProducer(kafka, logger);
            var admin = new TopicAdmin(kafka, logger);
            await using (producer.ConfigureAwait(false))
            await using (admin.ConfigureAwait(false))
            {
                return await SendAsync(producer, admin, upload, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<UploadAnswer> SendAsync(RecordProducer producer, TopicAdmin admin, Transfer upload, CancellationToken cancellationToken)
    {
        // The attempt tells this conversation's answers from earlier ones', wherever reading begins.
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = admin.TailAsync(Topics.UploadAnswers, TailStart.Since(DateTimeOffset.UtcNow.AddMinutes(-5)), follow: true, reading.Token).GetAsyncEnumerator(reading.Token);
        await using (answers.ConfigureAwait(false))
        {
            await SendPieceAsync(producer, upload, 0, default, cancellationToken).ConfigureAwait(false);
            for (var patience = Patience; ; patience = PatienceWithStorage)
            {
                reading.CancelAfter(patience);
                if (await NextAsync(answers, upload, cancellationToken).ConfigureAwait(false) is not { } answer)
                {
                    throw new MeshException("MESH1034", $"Nobody has answered on {Topics.UploadAnswers} for {patience.TotalSeconds:0} s. Does `mesh up` run on this event log? The upload can be resumed.", isTransient: true);
                }

                reading.CancelAfter(Timeout.InfiniteTimeSpan);
                if (answer.Result == UploadResult.Accepted && upload.SentBytes == 0)
                {
                    return new UploadAnswer(UploadResult.Duplicate, answer.IngestId, null, "The same recording was accepted before.", 0);
                }

                if (answer.Result != UploadResult.Incomplete) return new UploadAnswer(answer.Result, answer.IngestId, answer.Code, answer.Reason, upload.SentBytes);
                await SendFromAsync(producer, upload, answer.NextOffset, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<ChunkAnswer?> NextAsync(IAsyncEnumerator<LogRecord> answers, Transfer upload, CancellationToken cancellationToken)
    {
        try
        {
            while (await answers.MoveNextAsync().ConfigureAwait(false))
            {
                if (ChunkAnswer.Read(answers.Current.Value) is { } answer && answer.UploadId == upload.Id && answer.Attempt == upload.Attempt) return answer;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Patience is at an end.
        }

        return null;
    }

    private static async Task SendFromAsync(RecordProducer producer, Transfer upload, long offset, CancellationToken cancellationToken)
    {
        var underWay = new Queue<Task>();
        upload.File.Position = offset;
        while (offset < upload.File.Length)
        {
            byte[] piece = new byte[Math.Min(PieceBytes, upload.File.Length - offset)];
            await upload.File.ReadExactlyAsync(piece, cancellationToken).ConfigureAwait(false);
            underWay.Enqueue(SendPieceAsync(producer, upload, offset, piece, cancellationToken));
            offset += piece.Length;
            upload.SentBytes += piece.Length;
            if (underWay.Count == PiecesUnderWay) await underWay.Dequeue().ConfigureAwait(false);
            upload.Progress?.Report(offset);
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
    }

    // By the upload's id, so that its pieces share a partition and keep their order.
    private static Task SendPieceAsync(RecordProducer producer, Transfer upload, long offset, byte[]? bytes, CancellationToken cancellationToken)
    {
        var headers = UploadChunk.WriteHeaders(
            upload.Id, upload.Vehicle, upload.Session, Path.GetFileName(upload.File.Name), upload.File.Length, upload.Sha256, upload.Attempt, offset, bytes);
        return producer.SendAsync(Topics.UploadChunks, Encoding.ASCII.GetBytes(upload.Id), bytes ?? [], headers, cancellationToken);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH1020", $"Cannot read '{path}': {exception.Message}", innerException: exception);
        }
    }

    /// <summary>A recording on its way.</summary>
    private sealed record Transfer(FileStream File, string Id, string Vehicle, string Session, string Sha256, IProgress<long>? Progress)
    {
        public string Attempt { get; } = Guid.NewGuid().ToString("N");

        public long SentBytes { get; set; }
    }
}
