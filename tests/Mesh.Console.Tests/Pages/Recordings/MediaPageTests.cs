using System.Net;
using Mesh.Commands.Media;
using Mesh.Commands.Media.Frames;
using Mesh.Commands.Media.Timeline;
using Mesh.Commands.Media.Track;
using Mesh.Commands.Queries;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages.Recordings;

public sealed class MediaPageTests
{
    private static readonly string Id = new('a', 64);
    private static readonly string Url = $"/recordings/{Id}/media";

    [Fact]
    public async Task Without_scripts_there_is_a_track_a_picture_a_cloud_and_links_to_their_neighbours()
    {
        await using var host = await StartAsync(Track(), Frames(Camera("/camera/front"), Camera("/lidar/top", MediaKind.Points)));

        var (status, html) = await host.GetAsync(Url + "?t=0.25");

        status.ShouldBe(200);
        html.ShouldContain("<polyline points=\"0,0 10,-5 20,-5\"");
        html.ShouldContain("/frames/image?channel=%2Fcamera%2Ffront&amp;at=0.2&amp;width=960&amp;v=v1");
        html.ShouldContain("/frames/points?channel=%2Flidar%2Ftop&amp;at=0.2&amp;metres=50&amp;px=256&amp;theme=dark&amp;v=v1");
        WebUtility.HtmlDecode(html).ShouldContain("Frame 3 of 10 · 0.200 s · 50 ms before the cursor");
        html.ShouldContain($"href=\"{Url}?t=0.1\"");
        html.ShouldContain($"href=\"{Url}?t=0.3\"");
        html.ShouldContain("All 3 points of the line");
        html.ShouldNotContain("style=");
    }

    [Fact]
    public async Task Names_of_channels_are_text_and_never_markup()
    {
        const string Evil = "/<script>alert(1)</script>\"'&";
        await using var host = await StartAsync(Track(Evil), Frames(Camera(Evil), Camera(Evil + "2", MediaKind.Points), Camera(Evil + "3", MediaKind.Video)));

        var (_, html) = await host.GetAsync(Url);

        html.ShouldNotContain("<script>alert");
        html.ShouldContain("&lt;script&gt;alert(1)");
    }

    [Fact]
    public async Task A_recording_that_shows_nothing_says_so_three_times_and_what_it_would_take()
    {
        await using var host = await StartAsync(null, Frames());

        var (status, html) = await host.GetAsync(Url);

        status.ShouldBe(200);
        html.ShouldContain("This recording has no positions.");
        html.ShouldContain("This recording has no pictures.");
        html.ShouldContain("This recording has no clouds of points.");
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_fails_its_panel_and_not_the_page()
    {
        await using var host = await StartAsync(Track(), Frames());
        host.Services.Media.ListFramesAsync(Arg.Any<IngestId>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH10902", "The file is damaged."));

        var (status, html) = await host.GetAsync(Url);

        status.ShouldBe(200);
        html.ShouldContain("The frames could not be read.");
        html.ShouldContain("MESH10902");
        html.ShouldContain("<mesh-map");
    }

    [Fact]
    public async Task Video_names_its_key_frames_and_how_far_they_were_looked_for()
    {
        await using var host = await StartAsync(null, Frames(Camera("/video", MediaKind.Video)));

        var (_, html) = await host.GetAsync(Url);

        html.ShouldContain("2 key frames up to 12.5 s, where the search stopped");
        html.ShouldNotContain("<mesh-frames");
    }

    [Fact]
    public async Task Of_many_cameras_four_are_shown_and_the_others_linked()
    {
        await using var host = await StartAsync(null, Frames([.. Enumerable.Range(0, 6).Select(i => Camera($"/camera/{i}"))]));

        var (_, all) = await host.GetAsync(Url);
        var (_, one) = await host.GetAsync(Url + "?camera=/camera/5");

        all.Split("<mesh-frames").Length.ShouldBe(5);
        all.ShouldContain("Showing 4 of 6.");
        one.Split("<mesh-frames").Length.ShouldBe(2);
        one.ShouldContain("data-channel=\"/camera/5\"");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("-5")]
    [InlineData("NaN")]
    [InlineData("1e300")]
    public async Task A_moment_that_is_none_still_shows_the_page(string moment)
    {
        await using var host = await StartAsync(Track(), Frames(Camera("/camera/front"), Camera("/lidar/top", MediaKind.Points)));

        (await host.GetAsync($"{Url}?t={moment}")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_recording_that_is_not_there_is_a_page_that_helps()
    {
        await using var host = await StartAsync(null, Frames());
        host.Services.Queries.FindRecordingAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns((RecordingView?)null);

        var (status, html) = await host.GetAsync(Url);

        status.ShouldBe(404);
        html.ShouldContain("All recordings");
    }

    private static async Task<ConsoleHost> StartAsync(RecordingTrack? track, RecordingFrames frames)
    {
        var host = await ConsoleHost.StartAsync();
        host.Services.Queries.FindRecordingAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(new RecordingView(
            Id, "V1", "", "drive.mcap", 1, "committed", null, DateTimeOffset.UnixEpoch, null, null, 0, 0, 0, 0, 0, 0, 0, [], [], []));
        host.Services.Media.GetTrackAsync(Arg.Any<IngestId>(), Arg.Any<string?>(), Arg.Any<double>(), Arg.Any<CancellationToken>()).Returns(track);
        host.Services.Media.ListFramesAsync(Arg.Any<IngestId>(), Arg.Any<CancellationToken>()).Returns(frames);
        return host;
    }

    private static RecordingTrack Track(string channel = "/gnss") => new(
        "0", 1, channel, [channel], new Geodetic(48, 11, 500), [new TrackPoint(0, 0, 0, 0, 5, "fix"), new TrackPoint(0.5, 10, 5, 0, 5, "fix"), new TrackPoint(1, 20, 5, 0, 5, "")],
        [new TimelineGap(channel, 0.5, 1)], 10, 1, 9, 2, 21);

    private static RecordingFrames Frames(params FrameChannel[] channels) => new("0", 1, channels);

    private static FrameChannel Camera(string name, MediaKind kind = MediaKind.Image) => new(
        name, kind, "schema", "jpeg", 10, [.. Enumerable.Range(0, 10).Select(i => i / 10.0)], false, "v1", kind == MediaKind.Video ? [0, 0.5] : null, kind == MediaKind.Video ? 12.5 : null);
}
