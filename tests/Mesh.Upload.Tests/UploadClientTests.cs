using System.Security.Cryptography;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Upload.Tests;

public sealed class UploadClientTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_accepted_recording_lies_in_the_landing_area_and_its_event_in_the_outbox()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string file = Recording(300_000, seed: 1);

        var answer = await ClientOf(server).UploadAsync(file, "V1", "morning", null, token);

        answer.Result.ShouldBe(UploadResult.Accepted);
        byte[] sha256 = SHA256.HashData(File.ReadAllBytes(file));
        answer.IngestId.ShouldBe(IngestId.Compute(sha256, "V1", "morning").ToString());
        var announced = (await server.Outbox.PeekAsync(10, token)).ShouldHaveSingleItem();
        announced.Topic.ShouldBe(Topics.Uploads);
        announced.Key.ShouldBe("V1");
        var upload = UploadAccepted.Parser.ParseFrom(announced.Protobuf);
        upload.IngestId.ShouldBe(answer.IngestId);
        upload.SizeBytes.ShouldBe(300_000);
        upload.ContentSha256.ShouldBe(Convert.ToHexStringLower(sha256));
        var landed = new byte[300_000];
        await using var source = await server.Landing.OpenAsync(server.Landing.KeyOf(upload.Uri), token);
        (await source.ReadAtAsync(0, landed, token)).ShouldBe(landed.Length);
        landed.ShouldBe(File.ReadAllBytes(file));
    }

    [Fact]
    public async Task The_same_recording_again_is_a_duplicate_that_costs_no_bytes_and_no_event()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string file = Recording(100_000, seed: 2);
        var client = ClientOf(server);
        var first = await client.UploadAsync(file, "V1", "", null, token);

        var second = await client.UploadAsync(file, "V1", "", null, token);

        second.Result.ShouldBe(UploadResult.Duplicate);
        second.IngestId.ShouldBe(first.IngestId);
        second.SentBytes.ShouldBe(0);
        second.Reason!.ShouldContain(Path.GetFileName(file));
        (await server.Outbox.PeekAsync(10, token)).Count.ShouldBe(1);
        (await server.Recordings.FindAsync(IngestId.Parse(first.IngestId!), token))!.Duplicates.ShouldBe(1);
    }

    [Theory]
    [InlineData("V2", "")]
    [InlineData("V1", "evening")]
    public async Task The_same_bytes_of_another_vehicle_or_session_are_another_recording(string vehicle, string session)
    {
        await using var server = await UploadServer.StartAsync(folder);
        string file = Recording(10_000, seed: 3);
        var client = ClientOf(server);
        await client.UploadAsync(file, "V1", "", null, token);

        (await client.UploadAsync(file, vehicle, session, null, token)).Result.ShouldBe(UploadResult.Accepted);
    }

    [Fact]
    public async Task An_upload_that_an_earlier_process_began_is_resumed_after_a_restart_of_both()
    {
        string file = Recording(500_000, seed: 4);
        byte[] bytes = File.ReadAllBytes(file);
        await using (var server = await UploadServer.StartAsync(folder))
        {
            var session = await server.Receiver.CreateAsync(
                bytes.Length, new Dictionary<string, string> { ["vehicle"] = "V1", ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) }, null, token);
            await server.Receiver.AppendAsync(session, 0, PipeOf(bytes.AsMemory(0, 200_000)), token);
        }

        await using var restarted = await UploadServer.StartAsync(folder);
        var answer = await ClientOf(restarted).UploadAsync(file, "V1", "", null, token);

        answer.Result.ShouldBe(UploadResult.Accepted);
        answer.SentBytes.ShouldBe(300_000);
    }

    [Fact]
    public async Task A_part_that_was_complete_when_the_process_died_is_finished_at_the_next_start()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(50_000);
        string id;
        await using (var server = await UploadServer.StartAsync(folder))
        {
            var session = await server.Receiver.CreateAsync(bytes.Length, new Dictionary<string, string> { ["vehicle"] = "V1" }, null, token);
            id = session.Id;
        }

        await File.WriteAllBytesAsync(folder["landing", ".uploads", id + ".part"], bytes, token);
        await using var restarted = await UploadServer.StartAsync(folder);

        (await restarted.Receiver.FindAsync(id, token))!.Result.ShouldBe(UploadResult.Accepted);
        (await restarted.Outbox.PeekAsync(10, token)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_error_with_the_remedy()
    {
        using var http = new HttpClient();
        var client = new UploadClient(http, new UploadClientOptions { Server = new Uri("http://127.0.0.1:1/"), MaxAttempts = 1 });

        var exception = await Should.ThrowAsync<MeshException>(() => client.UploadAsync(Recording(10, seed: 5), "V1", "", null, token));

        exception.Code.ShouldBe("MESH1021");
        exception.IsTransient.ShouldBeTrue();
        exception.Message.ShouldContain("mesh up");
    }

    private static UploadClient ClientOf(UploadServer server) =>
        new(server.Http, new UploadClientOptions { Server = new Uri(server.Address + "/") });

    private static System.IO.Pipelines.PipeReader PipeOf(ReadOnlyMemory<byte> bytes) =>
        System.IO.Pipelines.PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(bytes));

    private string Recording(int size, int seed)
    {
        string path = folder[$"recording-{seed}.mcap"];
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
