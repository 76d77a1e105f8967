using Mesh.Commands.Queries;
using Mesh.Commands.Tracking;
using Mesh.Training.Tracking;
using NSubstitute;

namespace Mesh.Console.Tests.Pages;

public class RunPagesTests
{
    private static readonly TrackedRun First = RunOf("0123456789abcdef0123456789abcde0", "warm <b>start</b>", "0.1", 0.8);
    private static readonly TrackedRun Second = RunOf("0123456789abcdef0123456789abcde1", "cold", "0.2", 0.75);

    [Fact]
    public async Task Columns_and_their_order_stand_in_the_address()
    {
        await using var console = await StartAsync();

        var (status, html) = await console.GetAsync("/runs?columns=metric:accuracy,param:lr&sort=-metric:accuracy");

        status.ShouldBe(200);
        await console.Services.Tracking.Received().ListAsync(Arg.Is<RunListQuery>(query => query.OrderBy.SequenceEqual(new[] { "metrics.`accuracy` DESC" })), Arg.Any<CancellationToken>());
        html.ShouldContain("aria-sort=\"descending\"");
        html.ShouldContain("warm &lt;b&gt;start&lt;/b&gt;");
        html.ShouldNotContain("<b>start");
        System.Net.WebUtility.HtmlDecode(html).ShouldContain("mesh runs search '' --order-by 'metrics.`accuracy` DESC'");
    }

    [Fact]
    public async Task Runs_that_are_compared_have_what_differs_first_and_curves_with_a_dash_each()
    {
        await using var console = await StartAsync();

        var (status, html) = await console.GetAsync($"/runs/compare?ids={First.RunId},{Second.RunId}");

        status.ShouldBe(200);
        html.ShouldContain("1 of 2 differ");
        html.IndexOf(">lr<", StringComparison.Ordinal).ShouldBeLessThan(html.IndexOf(">batch<", StringComparison.Ordinal));
        System.Net.WebUtility.HtmlDecode(html).ShouldContain("0.75 (−0.05)");
        html.ShouldContain("stroke-dasharray=\"7 4\"");
        html.ShouldContain("As a table");
    }

    [Fact]
    public async Task More_than_six_runs_are_not_compared_silently()
    {
        await using var console = await StartAsync();

        string html = (await console.GetAsync("/runs/compare?ids=" + string.Join(',', Enumerable.Range(0, 8).Select(i => $"0123456789abcdef0123456789abcde{i}")))).Html;

        html.ShouldContain("At most 6 runs are compared; 2 are left out.");
        (await console.GetAsync("/runs/compare?ids=a'b")).Status.ShouldBe(400);
        (await console.GetAsync("/runs/compare")).Html.ShouldContain("Two runs are needed");
    }

    [Fact]
    public async Task A_spike_of_one_step_is_in_the_drawing_and_the_aggregation_is_said()
    {
        await using var console = await StartAsync();
        console.Services.Tracking.GetCurvesAsync(Arg.Any<CurveQuery>(), Arg.Any<CancellationToken>()).Returns([CurveOf(First.RunId, [new(0, 0, 1, 0.5, 50), new(50, 0, 9, 0.6, 50)]) with { Count = 100, StepsPerColumn = 50 }]);

        string html = (await console.GetAsync($"/runs/{First.RunId}")).Html;

        html.ShouldContain("class=\"band\"");
        html.ShouldContain("high 9");
        html.ShouldContain("100 values; 50 steps a column: the band goes from the smallest to the largest, the line is the mean.");
    }

    private static TrackedRun RunOf(string id, string name, string rate, double accuracy) => new()
    {
        RunId = id, ExperimentId = "1", Experiment = "lanes", Name = name, Status = RunStatus.Finished, StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch.AddMinutes(2),
        Parameters = new Dictionary<string, string> { ["lr"] = rate, ["batch"] = "32" }, Metrics = [new LoggedMetric("accuracy", accuracy, 1, 10)],
    };

    private static MetricCurve CurveOf(string run, CurveColumn[] columns) => new() { RunId = run, Key = "accuracy", StepsPerColumn = 1, Count = columns.Length, NotFinite = 0, Columns = columns };

    private static async Task<ConsoleHost> StartAsync()
    {
        var console = await ConsoleHost.StartAsync();
        console.Services.Tracking.ListExperimentsAsync(Arg.Any<CancellationToken>()).Returns([]);
        console.Services.Tracking.ListAsync(Arg.Any<RunListQuery>(), Arg.Any<CancellationToken>()).Returns(new Page<TrackedRun>([First, Second], 2, 1, 100));
        console.Services.Tracking.FindAsync(First.RunId, Arg.Any<CancellationToken>()).Returns(First);
        console.Services.Tracking.SearchAsync(Arg.Any<RunQuery>(), Arg.Any<CancellationToken>()).Returns([Second, First]);
        console.Services.Tracking.GetCurvesAsync(Arg.Any<CurveQuery>(), Arg.Any<CancellationToken>()).Returns(
            [CurveOf(First.RunId, [new(1, 0.5, 0.5, 0.5, 1), new(10, 0.8, 0.8, 0.8, 1)]), CurveOf(Second.RunId, [new(1, 0.4, 0.4, 0.4, 1), new(10, 0.75, 0.75, 0.75, 1)])]);
        return console;
    }
}
