using Mesh.Commands.Observability;
using Mesh.Commands.Queries;
using Mesh.Model;
using Mesh.Training.Jobs;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages;

public class OverviewPageTests
{
    [Fact]
    public async Task Nothing_to_do_is_said_in_so_many_words()
    {
        await using var console = await ConsoleHost.StartAsync();
        var (status, html) = await console.GetAsync("/");
        status.ShouldBe(200);
        html.ShouldContain("Nothing needs attention");
        html.ShouldContain("No recordings yet");
    }

    [Fact]
    public async Task A_failed_part_a_stopped_stage_and_failed_recordings_come_first_with_the_next_step()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.GetStatusAsync(Arg.Any<CancellationToken>()).Returns(new StatusView(
            "1.2.3", true, "/data", null, null, null, null, null, [new("catalogue", "stopped", 3, "the <disk> is full")], new Dictionary<string, long> { ["deadlettered"] = 2 },
            new Dictionary<string, long>(), 1) { Health = new HealthReport(HealthState.Degraded, true, true, DateTimeOffset.UnixEpoch, [new("disk", HealthState.Degraded, "Little is free.", "Free some space.")]) });

        string html = (await console.GetAsync("/")).Html;

        html.ShouldNotContain("Nothing needs attention");
        html.ShouldContain("Stage catalogue is stopped");
        html.ShouldContain("the &lt;disk&gt; is full");
        html.ShouldContain("Free some space.");
        html.ShouldContain("/recordings?state=dead_lettered");
        html.IndexOf("Stage catalogue", StringComparison.Ordinal).ShouldBeLessThan(html.IndexOf("Disk: degraded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_question_that_fails_is_an_item_and_the_rest_is_shown()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListJobsAsync(Arg.Any<JobQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH9999", "No answer."));
        var (status, html) = await console.GetAsync("/");
        status.ShouldBe(200);
        html.ShouldContain("Nothing is known of jobs");
        html.ShouldContain("MESH9999");
    }
}
