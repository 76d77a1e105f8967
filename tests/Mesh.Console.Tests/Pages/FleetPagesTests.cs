using Mesh.Commands.Queries;
using Mesh.Lakehouse.Recordings;
using NSubstitute;

namespace Mesh.Console.Tests.Pages;

public class FleetPagesTests
{
    private static readonly RecordingRow Hostile = new(
        new string('a', 64), "V<7>", "s", "<script>alert(1)</script>.mcap", 10, "deadlettered", "=cmd()|'/C calc'!A0, \"x\"", DateTimeOffset.UnixEpoch, null, null, 0, 1, 2, 3, 4, 5, 6, DateTimeOffset.UnixEpoch, 61);

    [Fact]
    public async Task A_list_shows_what_others_wrote_as_text()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListRecordingsAsync(Arg.Any<RecordingQuery>(), Arg.Any<CancellationToken>()).Returns(ConsoleHost.All(Hostile));

        foreach (string url in new[] { "/recordings", "/" })
        {
            var (status, html) = await console.GetAsync(url);
            status.ShouldBe(200);
            html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;.mcap");
            html.ShouldNotContain("<script>alert");
            html.ShouldContain("/vehicles/V%3C7%3E");
        }
    }

    [Fact]
    public async Task Nothing_yet_and_nothing_found_are_different_sentences()
    {
        await using var console = await ConsoleHost.StartAsync();
        (await console.GetAsync("/recordings")).Html.ShouldContain("No recordings yet");
        var (_, none) = await console.GetAsync("/recordings?q=nothing&state=committed");
        none.ShouldContain("No recording matches");
        System.Net.WebUtility.HtmlDecode(none).ShouldContain("“nothing”");
        none.ShouldNotContain("No recordings yet");
        await console.Services.Queries.Received().ListRecordingsAsync(
            Arg.Is<RecordingQuery>(query => query.Text == "nothing" && query.State == RecordingState.Committed), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_filter_that_makes_no_sense_is_refused_with_its_code()
    {
        await using var console = await ConsoleHost.StartAsync();
        (await console.GetAsync("/recordings?state=purple")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(400), answer => answer.Html.ShouldContain("MESH11093"));
    }

    [Fact]
    public async Task An_export_asks_page_by_page_and_gives_spreadsheets_no_formula()
    {
        await using var console = await ConsoleHost.StartAsync();
        var full = new Page<RecordingRow>([.. Enumerable.Repeat(Hostile, RecordingQuery.MaxPageSize)], RecordingQuery.MaxPageSize + 1, 1, RecordingQuery.MaxPageSize);
        console.Services.Queries.ListRecordingsAsync(Arg.Any<RecordingQuery>(), Arg.Any<CancellationToken>())
            .Returns(call => call.Arg<RecordingQuery>().Page == 1 ? full : full with { Items = [Hostile], Number = 2 });

        var (status, csv) = await console.GetAsync("/recordings/export.csv?vehicle=V7");
        status.ShouldBe(200);
        string[] lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1 + RecordingQuery.MaxPageSize + 1);
        lines[1].ShouldContain("\"'=cmd()|'/C calc'!A0, \"\"x\"\"\"");
        var (_, json) = await console.GetAsync("/recordings/export.json");
        System.Text.Json.JsonDocument.Parse(json).RootElement.GetArrayLength().ShouldBe(RecordingQuery.MaxPageSize + 1);
        await console.Services.Queries.Received().ListRecordingsAsync(Arg.Is<RecordingQuery>(query => query.Vehicle == "V7" && query.Page == 2), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_vehicle_that_is_not_known_is_404_with_those_of_similar_names()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListVehiclesAsync(Arg.Any<VehicleQuery>(), Arg.Any<CancellationToken>())
            .Returns(ConsoleHost.All(new VehicleSummary("V77", 1, 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 0, 0)));
        (await console.GetAsync("/vehicles/V7")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(404), answer => answer.Html.ShouldContain("href=\"/vehicles/V77\""));
        (await console.GetAsync("/vehicles/V77")).Status.ShouldBe(200);
    }
}
