using System.Security.Cryptography;
using System.Text;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Mesh.Upload.Chunks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Upload.Tests;

/// <summary>Recordings in pieces over a real log, into a real receiver.</summary>
public sealed class ChunkedUploadsTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;
    private EmbeddedKafka kafka = null!;
    private UploadServer server = null!;
    private RecordProducer producer = null!;
    private EventProducer events = null!;
    private CancellationTokenSource stop = null!;
    private Task stage = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        kafka = await EmbeddedKafka.StartAsync(folder["broker"]);
        server = await UploadServer.StartAsync(folder);
        producer = new RecordProducer(kafka.Options, NullLogger.Instance);
        events = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        await admin.EnsureAsync(new Dictionary<string, int> { [Topics.UploadChunks] = 2, [Topics.UploadAnswers] = 1, [Topics.DeadLetters("upload")] = 1 }, token);
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await events.DisposeAsync();
        await producer.DisposeAsync();
        await server.DisposeAsync();
        await kafka.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_recording_sent_in_pieces_lands_whole()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(2_500_000);
        await File.WriteAllBytesAsync(folder["drive.mcap"], recording, token);

        var answer = await Client().UploadAsync(folder["drive.mcap"], "V1", "morning", null, token);

        answer.Result.ShouldBe(UploadResult.Accepted);
        answer.SentBytes.ShouldBe(recording.Length);
        var entry = await EntryAsync(answer.IngestId!);
        (entry.VehicleId, entry.Session, entry.FileName, entry.SizeBytes).ShouldBe(("V1", "morning", "drive.mcap", 2_500_000L));
        (await ReadLandingAsync(entry)).ShouldBe(recording);
    }

    [Fact]
    public async Task A_recording_that_is_known_is_answered_without_its_bytes()
    {
        await File.WriteAllBytesAsync(folder["drive.mcap"], RandomNumberGenerator.GetBytes(700_000), token);
        var first = await Client().UploadAsync(folder["drive.mcap"], "V1", "", null, token);

        var second = await Client().UploadAsync(folder["drive.mcap"], "V1", "", null, token);

        second.Result.ShouldBe(UploadResult.Duplicate);
        second.IngestId.ShouldBe(first.IngestId);
        second.SentBytes.ShouldBe(0);
        File.Copy(folder["drive.mcap"], folder["copy.mcap"]);
        await SendAsync("another-name", "V1", await File.ReadAllBytesAsync(folder["copy.mcap"], token), 0, 1);
        (await AnswersAsync("another-name", 1))[0].ShouldSatisfyAllConditions(
            answer => answer.Result.ShouldBe(UploadResult.Duplicate), answer => answer.IngestId.ShouldBe(first.IngestId));
    }

    [Fact]
    public async Task Pieces_sent_twice_or_overlapping_are_taken_once()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(1000);
        await SendAsync("u", "V1", recording, 0, 400);
        await SendAsync("u", "V1", recording, 0, 400);
        await SendAsync("u", "V1", recording, 200, 500);
        await SendAsync("u", "V1", recording, 700, 300);

        var answer = (await AnswersAsync("u", 1))[0];

        answer.Result.ShouldBe(UploadResult.Accepted);
        (await ReadLandingAsync(await EntryAsync(answer.IngestId!))).ShouldBe(recording);
    }

    [Fact]
    public async Task A_missing_piece_is_asked_for_once_and_a_damaged_one_again()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(1000);
        await SendAsync("u", "V1", recording, 0, 100);
        await SendAsync("u", "V1", recording, 300, 100);
        await SendAsync("u", "V1", recording, 400, 100);
        await SendAsync("u", "V1", recording, 100, 100, checksum: "crc32=00000000");
        await SendAsync("u", "V1", recording, 100, 900);

        var answers = await AnswersAsync("u", 2);

        answers[0].ShouldSatisfyAllConditions(
            answer => answer.Result.ShouldBe(UploadResult.Incomplete), answer => answer.NextOffset.ShouldBe(100), answer => answer.Code.ShouldBe("MESH1031"));
        answers[^1].Result.ShouldBe(UploadResult.Accepted);
    }

    [Fact]
    public async Task A_question_is_answered_with_how_far_the_upload_has_come()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(1000);
        await SendAsync("u", "V1", recording, 0, 640);
        await SendAsync("u", "V1", recording, 0, 0);

        (await AnswersAsync("u", 1))[0].ShouldSatisfyAllConditions(
            answer => answer.Result.ShouldBe(UploadResult.Incomplete), answer => answer.NextOffset.ShouldBe(640), answer => answer.Code.ShouldBeNull());
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_and_on_a_server_that_has_none_of_its_pieces()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(300_000);
        await SendAsync("u", "V1", recording, 0, 100_000);
        await SendAsync("u", "V1", recording, 0, 0);
        (await AnswersAsync("u", 1))[0].NextOffset.ShouldBe(100_000);

        // Another machine takes over: its parts folder is empty, but the pieces are on the log, below the group's offset.
        await StopAsync();
        foreach (string part in Directory.GetFiles(folder["landing", ".uploads"])) File.Delete(part);
        await server.DisposeAsync();
        server = await UploadServer.StartAsync(folder);
        Start();
        await SendAsync("u", "V1", recording, 100_000, 200_000);

        // The question lies above the first piece and is read again with it.
        var answer = (await AnswersAsync("u", 3))[^1];
        answer.Result.ShouldBe(UploadResult.Accepted);
        (await ReadLandingAsync(await EntryAsync(answer.IngestId!))).ShouldBe(recording);
    }

    [Fact]
    public async Task A_recording_with_another_hash_than_announced_is_refused_and_can_be_sent_again()
    {
        byte[] recording = RandomNumberGenerator.GetBytes(1000);
        string wrong = Convert.ToHexStringLower(SHA256.HashData("other"u8));
        await SendAsync("u", "V1", recording, 0, 500, sha256: wrong);
        await SendAsync("u", "V1", recording, 500, 500, sha256: wrong);
        (await AnswersAsync("u", 1))[0].ShouldSatisfyAllConditions(answer => answer.Result.ShouldBe(UploadResult.Refused), answer => answer.Code.ShouldBe("MESH1013"));

        await SendAsync("u", "V1", recording, 0, 1000);

        (await AnswersAsync("u", 2))[1].Result.ShouldBe(UploadResult.Accepted);
    }

    [Fact]
    public async Task A_record_that_is_no_piece_becomes_a_dead_letter_and_the_next_upload_goes_on()
    {
        await producer.SendAsync(Topics.UploadChunks, "k"u8.ToArray(), "not a piece"u8.ToArray(), [], token);
        byte[] recording = RandomNumberGenerator.GetBytes(1000);
        await SendAsync("k", "V1", recording, 0, 1000);
        (await AnswersAsync("k", 1))[0].Result.ShouldBe(UploadResult.Accepted);

        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        var letters = new List<DeadLetter>();
        await foreach (var letter in new DeadLetterReader(admin, NullLogger.Instance).ReadAsync("upload", token)) letters.Add(letter);
        letters.Count.ShouldBe(1);
        letters[0].Code.ShouldBe("MESH1033");
        letters[0].Payload.ToStringUtf8().ShouldBe("not a piece");
    }

    private ChunkClient Client() => new(kafka.Options, NullLogger.Instance);

    private void Start()
    {
        stop = new CancellationTokenSource();
        var uploads = new ChunkedUploads(server.Receiver, kafka.Options, new DeadLetterSink(events), NullLogger<ChunkedUploads>.Instance, TimeProvider.System);
        stage = uploads.RunAsync(stop.Token);
    }

    private async Task StopAsync()
    {
        await stop.CancelAsync();
        await stage;
        stop.Dispose();
    }

    private Task SendAsync(string upload, string vehicle, byte[] recording, int offset, int count, string? checksum = null, string? sha256 = null)
    {
        byte[] piece = recording[offset..(offset + count)];
        var headers = UploadChunk.WriteHeaders(upload, vehicle, "", "drive.mcap", recording.Length, sha256 ?? Convert.ToHexStringLower(SHA256.HashData(recording)), "", offset, piece);
        if (checksum is not null) headers[UploadChunk.ChecksumHeader] = checksum;
        if (sha256 is not null) headers[UploadChunk.Sha256Header] = sha256;
        return producer.SendAsync(Topics.UploadChunks, Encoding.UTF8.GetBytes(upload), piece, headers, token);
    }

    /// <summary>The answers about an upload, once there are so many.</summary>
    private async Task<List<ChunkAnswer>> AnswersAsync(string upload, int count)
    {
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var answers = new List<ChunkAnswer>();
        await foreach (var record in admin.TailAsync(Topics.UploadAnswers, TailStart.Earliest, follow: true, patience.Token))
        {
            if (ChunkAnswer.Read(record.Value) is { } answer && answer.UploadId == upload) answers.Add(answer);
            if (answers.Count == count) break;
        }

        return answers;
    }

    private async Task<RecordingEntry> EntryAsync(string ingestId) => (await server.Recordings.FindAsync(IngestId.Parse(ingestId), token)).ShouldNotBeNull();

    private async Task<byte[]> ReadLandingAsync(RecordingEntry entry)
    {
        await using var source = await server.Landing.OpenAsync(server.Landing.KeyOf(entry.Uri), token);
        byte[] bytes = new byte[source.Length];
        await source.ReadAtAsync(0, bytes, token);
        return bytes;
    }
}
