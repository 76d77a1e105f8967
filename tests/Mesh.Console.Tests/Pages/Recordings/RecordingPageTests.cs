using Mesh.Commands.Queries;
using Mesh.Commands.Signals;
using Mesh.Model;
using NSubstitute;

namespace Mesh.Console.Tests.Pages.Recordings;

public sealed class RecordingPageTests
{
    private const string Id = "ba220d5c8ac6244e80e20f54825e310bd673158abcf597b47ca839847c11566b";
    private const string Speed = "/wheel:speed";

    [Fact]
    public async Task A_recording_that_is_not_there_is_not_found_and_the_page_says_where_to_look()
    {
        await using var host = await ConsoleHost.StartAsync();
        var (status, html) = await host.GetAsync("/recordings/abcd");
        status.ShouldBe(404);
        html.ShouldContain("There is no recording abcd.");
        html.ShouldContain("href=\"/recordings\"");
    }

    [Fact]
    public async Task Names_that_users_gave_are_text()
    {
        await using var host = await ConsoleHost.StartAsync();
        Recording(host, "committed", "<script>alert(1)</script>.mcap");
        Signals(host, SignalState.Ready, "\"><img src=x>");
        var (status, html) = await host.GetAsync("/recordings/" + Id);
        status.ShouldBe(200);
        html.ShouldNotContain("<script>alert");
        html.ShouldNotContain("<img src=x>");
        html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;.mcap");
    }

    [Theory]
    [InlineData("accepted", "This recording is still on its way.")]
    [InlineData("deadlettered", "Nothing of this recording could be read.")]
    [InlineData("committed", "No table has rows of this recording.")]
    public async Task A_recording_without_signals_says_why_by_its_state(string state, string sentence)
    {
        await using var host = await ConsoleHost.StartAsync();
        Recording(host, state, "drive.mcap");
        (await host.GetAsync("/recordings/" + Id)).Html.ShouldContain(sentence);
    }

    [Fact]
    public async Task Signals_whose_pyramid_is_being_built_renew_the_page_and_ready_ones_do_not()
    {
        await using var host = await ConsoleHost.StartAsync();
        Recording(host, "committed", "drive.mcap");
        Signals(host, SignalState.Building, "speed");
        string html = (await host.GetAsync("/recordings/" + Id)).Html;
        html.ShouldContain("being built");
        html.ShouldContain("data-live=\"recordings\"");
        Signals(host, SignalState.Ready, "speed");
        (await host.GetAsync("/recordings/" + Id)).Html.ShouldNotContain("data-live=\"recordings\"");
    }

    [Fact]
    public async Task A_picture_of_a_gap_lifts_the_pen_and_a_failed_question_keeps_the_rest_of_the_page()
    {
        await using var host = await ConsoleHost.StartAsync();
        Recording(host, "committed", "drive.mcap");
        Signals(host, SignalState.Ready, "speed");
        host.Services.Signals.QueryAsync(Id, Arg.Any<SignalQuery>(), Arg.Any<CancellationToken>()).Returns(new SignalWindow(
            0, 0, 10_000_000_000, 1, [new SignalSamples(Speed, [0, 1, 2, 3, 4], [1, 2, double.NaN, 3, 4], 1.5)], "v"));
        string html = (await host.GetAsync($"/recordings/{Id}?from=0&to=4")).Html;
        html.ShouldContain("d=\"M0 94L250 64.7M750 35.3L1000 6\"");

        host.Services.Signals.QueryAsync(Id, Arg.Any<SignalQuery>(), Arg.Any<CancellationToken>()).Returns<SignalWindow?>(_ => throw new MeshException("MESH13103", "The pyramid is damaged."));
        var (status, broken) = await host.GetAsync("/recordings/" + Id);
        status.ShouldBe(200);
        broken.ShouldContain("The signals could not be read.");
        broken.ShouldContain("MESH13103");
        broken.ShouldContain("picker-title");
    }

    [Fact]
    public async Task Signals_of_the_address_that_are_not_there_are_named()
    {
        await using var host = await ConsoleHost.StartAsync();
        Recording(host, "committed", "drive.mcap");
        Signals(host, SignalState.Ready, "speed");
        (await host.GetAsync($"/recordings/{Id}?ch=/none:x,{Speed}")).Html.ShouldContain("One signal of the address is not in this recording.");
    }

    private static void Recording(ConsoleHost host, string state, string file) => host.Services.Queries.FindRecordingAsync(Id, Arg.Any<CancellationToken>()).Returns(new RecordingView(
        Id, "V1", "", file, 1000, state, null, DateTimeOffset.UnixEpoch, null, null, 0, 0, 10, 10, 0, 0, 0, [], [], []));

    private static void Signals(ConsoleHost host, SignalState state, string column) => host.Services.Signals.ListAsync(Id, Arg.Any<CancellationToken>()).Returns(new SignalList(
        "1767601920008520611", 10, [new SignalView("/wheel:" + column, "/wheel", "raw.wheel", column, "m/s", SignalKind.Number, 5, state)]));
}
