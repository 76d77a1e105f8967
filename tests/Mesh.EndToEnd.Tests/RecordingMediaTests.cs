using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A recording that other people's libraries wrote is published, and what it shows is what they put into it.</summary>
public sealed class RecordingMediaTests(RecordingMediaTests.Published published) : IClassFixture<RecordingMediaTests.Published>
{
    [Fact]
    public async Task The_timeline_counts_every_message_and_finds_the_silence()
    {
        var timeline = await GetAsync("timeline?cols=50");

        timeline.GetProperty("start").GetString().ShouldBe((await published.ExpectedAsync()).GetProperty("start").GetString());
        timeline.GetProperty("durationSeconds").GetDouble().ShouldBe(19.98);
        foreach (var channel in timeline.GetProperty("channels").EnumerateArray())
        {
            int expected = (await published.ExpectedAsync()).GetProperty("counts").GetProperty(channel.GetProperty("channel").GetString()!).GetInt32();
            channel.GetProperty("messages").GetInt32().ShouldBe(expected);
            channel.GetProperty("counts").EnumerateArray().Sum(count => count.GetInt32()).ShouldBe(expected);
        }

        timeline.GetProperty("channels").GetArrayLength().ShouldBe(11);
        timeline.GetProperty("gaps").EnumerateArray().Select(gap => (gap.GetProperty("channel").GetString(), gap.GetProperty("from").GetDouble(), gap.GetProperty("to").GetDouble()))
            .ShouldBe([("/gnss", 7.9125, 11.0125), ("/speed", 8, 11)], ignoreOrder: true);
        timeline.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("kind").GetString()).ShouldBe(["accepted", "committed"]);
    }

    [Fact]
    public async Task The_track_goes_north_and_then_east_and_has_no_fix_in_the_silence()
    {
        var track = await GetAsync("track?tolerance=0.5");
        var points = track.GetProperty("points").EnumerateArray().Select(point => (T: Number(point, "t"), East: Number(point, "east"), North: Number(point, "north"), Speed: Number(point, "speed"))).ToList();

        points.Count.ShouldBeInRange(4, 8);
        (points[^1].East - points[0].East).ShouldBe(98, 1);
        (points[^1].North - points[0].North).ShouldBe(100, 1);
        points.ShouldAllBe(point => Math.Abs(point.Speed - 10) < 0.2);
        track.GetProperty("gaps").EnumerateArray().Select(gap => Number(gap, "from")).ShouldBe([7.9125]);
        track.GetProperty("total").GetInt32().ShouldBe(170);
        track.GetProperty("invalid").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Every_compressed_picture_is_the_payload_that_was_recorded_byte_for_byte()
    {
        foreach (var frame in (await published.ExpectedAsync()).GetProperty("frames").GetProperty("/camera/jpeg").EnumerateArray())
        {
            double time = Number(frame, "time");
            using var response = await SendAsync(string.Create(CultureInfo.InvariantCulture, $"frames/image?channel=/camera/jpeg&at={time}"));
            string hash = Convert.ToHexStringLower(SHA256.HashData(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));

            hash.ShouldBe(frame.GetProperty("sha256").GetString());
            response.Headers.ETag!.Tag.ShouldBe($"\"{hash}\"");
            response.Content.Headers.ContentType!.MediaType.ShouldBe("image/jpeg");
            response.Headers.GetValues("Mesh-Time").ShouldBe([time.ToString("R", CultureInfo.InvariantCulture)]);
        }
    }

    [Fact]
    public async Task A_moment_between_frames_shows_the_one_before_and_says_when_it_was()
    {
        using var response = await SendAsync("frames/image?channel=/camera/jpeg&at=4.399");

        response.Headers.GetValues("Mesh-Time").ShouldBe(["4.2"]);
    }

    [Fact]
    public async Task A_picture_is_kept_by_browsers_only_under_an_address_that_names_the_state_of_its_table()
    {
        var jpeg = (await GetAsync("frames")).GetProperty("channels").EnumerateArray().Single(channel => channel.GetProperty("channel").GetString() == "/camera/jpeg");
        using var current = await SendAsync($"frames/image?channel=/camera/jpeg&at=1&v={jpeg.GetProperty("version").GetString()}");
        using var unnamed = await SendAsync("frames/image?channel=/camera/jpeg&at=1");
        using var request = new HttpRequestMessage(HttpMethod.Get, unnamed.RequestMessage!.RequestUri);
        request.Headers.IfNoneMatch.Add(unnamed.Headers.ETag!);
        using var again = await published.Http.SendAsync(request, TestContext.Current.CancellationToken);

        current.Headers.CacheControl!.ToString().ShouldBe("max-age=3600, private, immutable");
        unnamed.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_planted_point_lights_its_cell_for_both_kinds_of_cloud()
    {
        foreach (string channel in (string[])["/lidar/front", "/lidar/json"])
        {
            using var response = await SendAsync($"frames/points?channel={channel}&at=4&metres=50&px=512");
            string file = published.File($"{channel[7..]}.png");
            await File.WriteAllBytesAsync(file, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            string cells = await ToolProcess.RunAsync(Require.Program("python3", "apt-get install python3"), "-c", LitCells, file);

            // 10.05 m ahead and 0.05 m to the left; 22 m behind and 15 m to the left; the third point is nowhere.
            cells.Trim().ShouldBe("204,255 368,179");
            response.Headers.GetValues("Mesh-Invalid").ShouldBe(["1"]);
        }
    }

    [Theory]
    [InlineData("frames/image?channel=/camera/lie&at=5", "MESH13310")]
    [InlineData("frames/image?channel=/camera/svg&at=5", "MESH13312")]
    [InlineData("frames/image?channel=/camera/video&at=5", "MESH13303")]
    [InlineData("frames/image?channel=/camera/jpeg&at=-1", "MESH13301")]
    [InlineData("frames/points?channel=/lidar/lie&at=5", "MESH13320")]
    public async Task What_cannot_be_shown_is_refused_with_the_reason(string address, string code)
    {
        using var response = await SendAsync(address);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        body.RootElement.GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task A_video_names_its_key_frames()
    {
        var video = (await GetAsync("frames")).GetProperty("channels").EnumerateArray().Single(channel => channel.GetProperty("channel").GetString() == "/camera/video");

        video.GetProperty("kind").GetString().ShouldBe("video");
        video.GetProperty("keyFrames").EnumerateArray().Select(time => time.GetDouble()).ShouldBe([0, 5, 10, 15]);
    }

    [Fact]
    public async Task What_was_erased_is_gone_from_the_next_answer_on()
    {
        string other = await published.PublishAsync("V-erased");
        using (var before = await SendAsync(other, "frames/image?channel=/camera/depth&at=7")) before.Headers.GetValues("Mesh-Time").ShouldBe(["7"]);
        await MeshProcess.RunJsonAsync(
            "catalogue", "delete", "raw.sensor_msgs_image", "--where", $"recording_id = '{other}' AND channel = '/camera/depth' AND sequence > 5", "--keep-files", "--json", "--data", published.Data);

        using var after = await SendAsync(other, "frames/image?channel=/camera/depth&at=7");
        after.Headers.GetValues("Mesh-Time").ShouldBe(["5"]);
        using var timeline = await SendAsync(other, "timeline?cols=1");
        using var document = JsonDocument.Parse(await timeline.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        document.RootElement.GetProperty("channels").EnumerateArray().Single(channel => channel.GetProperty("channel").GetString() == "/camera/depth")
            .GetProperty("messages").GetInt32().ShouldBe(6);
    }

    // Cells that are not of the background, over Python's zlib.
    private const string LitCells =
        "import sys,zlib;d=open(sys.argv[1],'rb').read();i=d.index(b'IDAT');n=int.from_bytes(d[i-4:i],'big');r=zlib.decompress(d[i+4:i+4+n]);"
        + "print(*sorted(f'{y},{x}' for y in range(512) for x in range(512) if r[y*513+1+x]))";

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private async Task<HttpResponseMessage> SendAsync(string address) => await SendAsync(await published.RecordingAsync(), address);

    private async Task<HttpResponseMessage> SendAsync(string recording, string address) =>
        await published.Http.GetAsync(new Uri($"{published.Server}/api/v1/recordings/{recording}/{address}"), TestContext.Current.CancellationToken);

    private async Task<JsonElement> GetAsync(string address)
    {
        using var response = await SendAsync(address);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    /// <summary>A server with that recording. Made on first use, so that a test can skip before.</summary>
    public sealed class Published : IAsyncLifetime
    {
        private readonly TemporaryFolder folder = new();
        private readonly SemaphoreSlim turn = new(1, 1);
        private MeshProcess? server;
        private JsonElement expected;
        private string recording = "";

        public HttpClient Http { get; } = new();

        public string Data => folder["data"];

        public string Server => server!.AddressOf("http");

        public string File(string name) => folder[name];

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        /// <summary>What the recording has to show.</summary>
        public async Task<JsonElement> ExpectedAsync()
        {
            await RecordingAsync();
            return expected;
        }

        /// <summary>Its ingest id.</summary>
        public async Task<string> RecordingAsync()
        {
            await turn.WaitAsync(TestContext.Current.CancellationToken);
            try
            {
                if (recording.Length > 0) return recording;
                expected = await NodeScript.RunAsync("media-recording.mjs", folder["media.mcap"]);
                server = await MeshProcess.UpAsync(Data);
                return recording = await PublishAsync("V-media");
            }
            finally
            {
                turn.Release();
            }
        }

        /// <summary>Publishes the file for a vehicle and returns the ingest id.</summary>
        public async Task<string> PublishAsync(string vehicle)
        {
            if (vehicle != "V-media") await RecordingAsync();
            return (await MeshProcess.RunJsonAsync("publish", folder["media.mcap"], "--vehicle", vehicle, "--wait", "--json", "--data", Data))[0].GetProperty("ingest_id").GetString()!;
        }

        public async ValueTask DisposeAsync()
        {
            if (server is not null) await server.DisposeAsync();
            Http.Dispose();
            folder.Dispose();
            turn.Dispose();
        }
    }
}
