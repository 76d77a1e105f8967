using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Formats.Mcap;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests;

/// <summary>
/// Bad input is normal: whatever is uploaded, the answer, the recording's account or a dead letter says what and where, the process lives
/// within its memory, and the next upload is committed.
/// </summary>
public sealed class BadInputTests(Drives drives, BadInputTests.Server shared) : IClassFixture<BadInputTests.Server>
{
    private const int Flips = 20;
    private const ulong Time = 1_760_000_000_000_000_000;
    private static int sessions;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_file_and_a_wrong_checksum_are_refused_and_nothing_is_kept()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();

        var empty = await server.PublishAsync(shared.Write([]), "V1");
        var wrong = await UploadWithWrongHashAsync(server, await File.ReadAllBytesAsync(drives.All[0].Path, Stop));

        empty!.Result.ShouldBe(UploadResult.Refused);
        empty.Code.ShouldBe("MESH1005");
        ((int)wrong.StatusCode).ShouldBe(460);
        wrong.Headers.GetValues("Mesh-Code").ShouldBe(["MESH1013"]);
        Directory.EnumerateFiles(shared.Data, "*.part", SearchOption.AllDirectories).ShouldBeEmpty();
        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task What_is_no_recording_is_a_dead_letter_that_says_so()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();

        foreach (byte[] content in new[] { "this is not a recording"u8.ToArray(), new byte[4096], [0x89], RandomNumberGenerator.GetBytes(100_000) })
        {
            var recording = await IngestAsync(server, content);

            recording.GetProperty("state").GetString().ShouldBe("deadlettered");
            recording.GetProperty("reason").GetString()!.ShouldStartWith("MESH10002");
            var letter = await OnlyLetterAsync(server, recording);
            letter.GetProperty("code").GetString().ShouldBe("MESH10002");
            letter.GetProperty("payload_bytes").GetInt64().ShouldBe(content.Length);
        }

        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task Of_a_truncated_recording_what_is_intact_arrives_and_the_end_is_a_loss_with_its_place()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();
        var drive = drives.All[0];
        byte[] whole = await File.ReadAllBytesAsync(drive.Path, Stop);
        long most = 0;

        foreach (int kept in new[] { 8, 20, whole.Length / 10, whole.Length / 2, whole.Length * 9 / 10, whole.Length - 1 })
        {
            var recording = await IngestAsync(server, whole[..kept]);

            recording.GetProperty("state").GetString().ShouldBe("committed", $"{kept} bytes: {recording}");
            var losses = Losses(recording);
            losses.ShouldContain(loss => loss.Code == "MESH10101", $"{kept} bytes: {recording}");
            losses.ShouldAllBe(loss => loss.Offset >= 0 && loss.Offset <= kept);
            long rows = Rows(recording, drive.Truth.Messages);
            rows.ShouldBeGreaterThanOrEqualTo(most);
            most = rows;
        }

        most.ShouldBe(drive.Truth.Messages);
        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task Flipped_bits_lose_what_they_hit_and_invent_nothing()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();
        var drive = drives.All[0];
        byte[] whole = await File.ReadAllBytesAsync(drive.Path, Stop);
        var random = new Random(7);

        var flips = Enumerable.Range(0, Flips).Select(_ => random.Next(8, whole.Length)).ToList();
        await Parallel.ForEachAsync(flips, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Stop }, async (place, _) =>
        {
            byte[] damaged = [.. whole];
            damaged[place] ^= (byte)(1 << (place % 8));
            var recording = await IngestAsync(server, damaged);

            // Every byte is under a checksum, so that no flip goes unnoticed.
            recording.GetProperty("state").GetString().ShouldBe("committed", $"flip at {place}: {recording}");
            Losses(recording).ShouldNotBeEmpty($"flip at {place}");
            Rows(recording, drive.Truth.Messages);
        });

        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task Chunks_that_lie_are_losses_with_their_place_and_cost_no_memory()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();
        byte[] zeros300 = RawMcap.ZstdOfZeros(300), zeros200 = RawMcap.ZstdOfZeros(200);
        (string Code, Func<RawMcap, RawMcap> Lie)[] lies =
        [
            ("MESH10105", file => file.Chunk("brotli", [1, 2, 3], 3)),
            ("MESH10107", file => file.Chunk("zstd", zeros300, 300 << 20)),
            ("MESH10106", file => file.Chunk("zstd", [1, 2, 3], ulong.MaxValue)),
            ("MESH10106", file => file.Chunk("lz4", [1, 2, 3], 1UL << 63)),
            ("MESH10104", file => file.Chunk("zstd", zeros300, 1 << 20)),
            ("MESH10104", file => file.Chunk("lz4", [0x04, 0x22, 0x4D, 0x18, 0xff], 1000)),
            ("", file => file.Chunk("zstd", zeros200, 200 << 20)),
            ("", file => file.Record(McapOpcode.Message, [1, 2, 3], 1UL << 63)),
            ("", file => file.Record((McapOpcode)0x81, [1, 2, 3], ulong.MaxValue)),
        ];

        foreach (var (code, lie) in lies)
        {
            var file = lie(Good(RawMcap.Begin()));
            file.Message(1, 1, Time, RawMcap.Float64(2));
            var recording = await IngestAsync(server, file.End());

            recording.GetProperty("state").GetString().ShouldBe("committed", recording.ToString());
            var losses = Losses(recording);
            losses.ShouldNotBeEmpty();
            if (code.Length > 0) losses.ShouldContain(loss => loss.Code == code, recording.ToString());
            losses.ShouldAllBe(loss => loss.Offset > 0);
            // The message before is there in any case; the one behind where the length could be believed.
            Rows(recording, 2).ShouldBeGreaterThanOrEqualTo(code.Length > 0 ? 2 : 1);
        }

        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task Schemas_and_messages_that_do_not_fit_are_dead_letters_one_by_one()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();
        var file = Good(RawMcap.Begin());
        file.Schema(2, "pkg/msg/Broken", "ros2msg", "float64 x\nthis is } no schema").Channel(2, 2, "/broken");
        file.Schema(3, "pkg/msg/Proto", "protobuf", "not a descriptor set").Channel(3, 3, "/proto", "protobuf");
        file.Message(2, 0, Time, RawMcap.Float64(1)).Message(2, 1, Time, RawMcap.Float64(1)).Message(3, 0, Time, [1, 2, 3]);
        file.Message(1, 1, Time, [0, 1, 0, 0, 1]).Message(1, 2, Time, []).Message(1, 3, 1UL << 63, RawMcap.Float64(3)).Message(1, 4, Time + 1, RawMcap.Float64(4));
        var recording = await IngestAsync(server, file.End());

        recording.GetProperty("state").GetString().ShouldBe("committed", recording.ToString());
        recording.GetProperty("messages_in").GetInt64().ShouldBe(8);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(2, recording.ToString());
        var letters = await LettersAsync(server, recording);
        letters.Sum(letter => letter.GetProperty("count").GetInt64()).ShouldBe(6);
        var bySequence = letters.Where(letter => letter.GetProperty("channel").GetString() == "/good").ToDictionary(letter => letter.GetProperty("sequence").GetInt64(), Code);
        bySequence.ShouldBe(new Dictionary<long, string> { [1] = "MESH10311", [2] = "MESH10311", [3] = "MESH2103" }, ignoreOrder: true);
        letters.Where(letter => letter.GetProperty("channel").GetString() == "/broken").ShouldAllBe(letter => Code(letter).StartsWith("MESH103", StringComparison.Ordinal));
        letters.ShouldAllBe(letter => letter.GetProperty("reason").GetString()!.Length > 40);
        await AndTheNextOneIsCommittedAsync(server);
    }

    [Fact]
    public async Task Names_are_data_whatever_they_look_like()
    {
        Require.AtLeast(TestLevel.Default);
        var server = await shared.GetAsync();
        string[] names =
        [
            "", "/", "../../../../etc/passwd", "/a b/ü😀/名前", "a\0b", "'; DROP TABLE recordings; --", "line\nbreak\ttab", "%2e%2e/%00", "C:\\CON",
            new string('x', 5000), "metadata", "_", "A", "a", "{\"json\":1}", "${x}", "raw.table",
        ];
        var file = RawMcap.Begin();
        for (ushort i = 0; i < names.Length; i++)
        {
            // Once as a channel, once as a schema, whose name becomes a table's.
            ushort channel = (ushort)(1 + (2 * i)), schema = (ushort)(1 + i);
            file.Schema(schema, names[i], "ros2msg", "float64 x").Channel(channel, schema, names[i]).Channel((ushort)(channel + 1), schema, $"/plain/{i}");
            file.Message(channel, 0, Time, RawMcap.Float64(i)).Message((ushort)(channel + 1), 0, Time, RawMcap.Float64(i));
        }

        var before = Directory.EnumerateFileSystemEntries(shared.Root).ToList();
        var recording = await IngestAsync(server, file.End());

        recording.GetProperty("state").GetString().ShouldBe("committed", recording.ToString());
        recording.GetProperty("messages_in").GetInt64().ShouldBe(names.Length * 2);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(names.Length * 2, recording.ToString());
        recording.GetProperty("channels").EnumerateArray().Select(channel => channel.GetProperty("channel").GetString()).ShouldBe(
            names.Concat(Enumerable.Range(0, names.Length).Select(i => $"/plain/{i}")), ignoreOrder: true);
        Directory.EnumerateFileSystemEntries(shared.Root).ShouldBe(before.Append(Directory.EnumerateFiles(shared.Root).MaxBy(File.GetCreationTimeUtc)!).Distinct(), ignoreOrder: true);
        await AndTheNextOneIsCommittedAsync(server);
    }

    /// <summary>A schema and a channel of doubles, and a message.</summary>
    private static RawMcap Good(RawMcap file) =>
        file.Schema(1, "pkg/msg/Number", "ros2msg", "float64 x").Channel(1, 1, "/good").Message(1, 0, Time, RawMcap.Float64(1));

    private async Task<JsonElement> IngestAsync(FaultServer server, byte[] content)
    {
        var answer = await server.PublishAsync(shared.Write(content), "V9", Interlocked.Increment(ref sessions).ToString());
        answer!.Result.ShouldBe(UploadResult.Accepted, answer.Reason);
        return await server.FinishedAsync(answer.IngestId!);
    }

    /// <summary>Rows of a recording, after checking its account.</summary>
    private static long Rows(JsonElement recording, long most)
    {
        long Number(string name) => recording.GetProperty(name).GetInt64();
        Number("messages_in").ShouldBe(Number("rows_out") + Number("dead_letters") + Number("not_selected"));
        Number("messages_in").ShouldBeLessThanOrEqualTo(most);
        return Number("rows_out");
    }

    private static List<(string Code, long Offset)> Losses(JsonElement recording) =>
        [.. recording.GetProperty("losses").EnumerateArray().Select(loss => (Code(loss), loss.GetProperty("offset").GetInt64()))];

    private static string Code(JsonElement element) => element.GetProperty("code").GetString()!;

    private static async Task<List<JsonElement>> LettersAsync(FaultServer server, JsonElement recording)
    {
        string id = recording.GetProperty("ingest_id").GetString()!;
        return [.. (await server.DeadLettersAsync()).Where(letter => letter.GetProperty("ingest_id").GetString() == id)];
    }

    private static async Task<JsonElement> OnlyLetterAsync(FaultServer server, JsonElement recording) => (await LettersAsync(server, recording)).ShouldHaveSingleItem();

    private async Task AndTheNextOneIsCommittedAsync(FaultServer server)
    {
        var good = drives.All[1].As(Interlocked.Increment(ref sessions));
        (await server.PublishAsync([good])).Count.ShouldBe(1);
        await server.CommittedAsTruthSaysAsync(good);
        server.Process.HasExited.ShouldBeFalse();
        server.PeakBytes().ShouldBeLessThan(512L << 20);
        var stages = (await server.GetAsync("status"))!.Value.GetProperty("stages").EnumerateArray();
        stages.ShouldAllBe(stage => stage.GetProperty("restarts").GetInt32() == 0);
    }

    private static async Task<HttpResponseMessage> UploadWithWrongHashAsync(FaultServer server, byte[] content)
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        using var creation = new HttpRequestMessage(HttpMethod.Post, "uploads");
        creation.Headers.Add("Tus-Resumable", "1.0.0");
        creation.Headers.Add("Upload-Length", content.Length.ToString());
        creation.Headers.Add("Upload-Metadata", $"vehicle {Base64("V1")},sha256 {Base64(new string('0', 64))}");
        using var created = await server.Http.SendAsync(creation, Stop);
        using var patch = new HttpRequestMessage(HttpMethod.Patch, created.Headers.Location) { Content = new ByteArrayContent(content) };
        patch.Headers.Add("Tus-Resumable", "1.0.0");
        patch.Headers.Add("Upload-Offset", "0");
        patch.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return await server.Http.SendAsync(patch, Stop);
    }

    /// <summary>One server for all tests of the class.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private readonly TemporaryFolder folder = new();
        private FaultServer? server;

        internal string Root => folder.Path;

        internal string Data => folder["data"];

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            if (server is not null) await server.DisposeAsync();
            folder.Dispose();
        }

        internal async Task<FaultServer> GetAsync() => server ??= await FaultServer.UpAsync(Data);

        internal string Write(byte[] content)
        {
            string path = folder[Guid.NewGuid().ToString("N") + ".mcap"];
            File.WriteAllBytes(path, content);
            return path;
        }
    }
}
