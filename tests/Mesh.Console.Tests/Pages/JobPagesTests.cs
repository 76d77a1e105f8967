using Mesh.Commands.Jobs;
using Mesh.Commands.Queries;
using Mesh.Training.Jobs;
using NSubstitute;

namespace Mesh.Console.Tests.Pages;

public class JobPagesTests
{
    private static readonly JobEntry Job = new()
    {
        JobId = "6287777cf342c229", TriggerId = "5e9a", Rule = "retrain", Trainer = "builtin/manoeuvre", Pool = "cpu", Model = "manoeuvre", State = JobState.Running, Attempts = 2, Failures = 1,
        Code = "MESH9002", Reason = "attempt 2 <script>alert(1)</script>", RequestedAt = DateTimeOffset.UnixEpoch, StartedAt = DateTimeOffset.UnixEpoch,
    };

    private static readonly JobDetails Details = new()
    {
        Topology = "fleet@1", Because = "2,400 new rows", Hyperparameters = new Dictionary<string, string>(), Needs = new JobNeedsView("", 0, 0, 0, 0, false),
        Inputs = [new JobInputView("perception.frames", "raw.frames", "42", "0", 2400)], Attempts = [new JobAttemptView(1, "cpu", 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(1), 0.5m, 1m)],
        Checkpoints = [], Outputs = [], LogBytes = 300_000,
    };

    [Fact]
    public async Task No_jobs_and_no_job_that_matches_are_different_sentences()
    {
        await using var console = await StartAsync([]);

        (await console.GetAsync("/jobs")).Html.ShouldContain("No job was asked for yet.");
        string filtered = (await console.GetAsync("/jobs?state=failed")).Html;
        filtered.ShouldContain("No job matches these filters.");
        filtered.ShouldContain("Show all jobs");
        (await console.GetAsync("/jobs?state=perhaps")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task What_a_job_says_of_itself_is_only_ever_text()
    {
        await using var console = await StartAsync([Job]);

        foreach (string url in (string[])["/jobs", "/jobs/6287777cf342c229", "/jobs/6287777cf342c229?tab=log"])
        {
            var (status, html) = await console.GetAsync(url);
            status.ShouldBe(200, url);
            html.ShouldNotContain("<script>alert", customMessage: url);
            html.ShouldContain("&lt;script&gt;alert", customMessage: url);
        }
    }

    [Fact]
    public async Task A_log_is_read_from_near_its_end_and_in_bounded_pieces()
    {
        await using var console = await StartAsync([Job]);

        string html = (await console.GetAsync("/jobs/6287777cf342c229?tab=log")).Html;

        await console.Services.Jobs.Received().ReadLogAsync(Job.JobId, 300_000 - (128 << 10), Arg.Any<CancellationToken>());
        html.ShouldContain("tab=log&amp;from=0");
        await console.GetAsync("/jobs/6287777cf342c229?tab=log&from=999999999");
        await console.Services.Jobs.Received().ReadLogAsync(Job.JobId, 300_000, Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_job_is_cancelled_as_planned_or_not_at_all()
    {
        await using var console = await StartAsync([Job]);
        const string url = "/actions/cancel-job?id=6287777cf342c229&reason=wrong+labels";
        var (status, plan) = await console.GetAsync(url);
        status.ShouldBe(200);
        plan.ShouldContain("mesh jobs cancel 6287777cf342c229 --reason &#x27;wrong labels&#x27;");

        Answer(console, Job with { Attempts = 3 });
        (await console.RunPlanAsync("/actions/cancel-job", plan)).Status.ShouldBe(409);
        await console.Services.Jobs.DidNotReceive().CancelAsync(Arg.Any<string>(), Arg.Any<StopRequest>(), Arg.Any<CancellationToken>());

        Answer(console, Job);
        (await console.RunPlanAsync("/actions/cancel-job", plan)).Status.ShouldBe(200);
        await console.Services.Jobs.Received(1).CancelAsync(Job.JobId, new StopRequest("wrong labels"), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_job_that_is_not_there_is_not_found()
    {
        await using var console = await StartAsync([]);

        (await console.GetAsync("/jobs/ffff")).Status.ShouldBe(404);
    }

    private static void Answer(ConsoleHost console, JobEntry job) => console.Services.Queries.FindJobAsync(Job.JobId, Arg.Any<CancellationToken>()).Returns(job);

    private static async Task<ConsoleHost> StartAsync(JobEntry[] jobs)
    {
        var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListJobsAsync(Arg.Any<JobQuery>(), Arg.Any<CancellationToken>()).Returns(new Page<JobEntry>(jobs, jobs.Length, 1, 100));
        console.Services.Queries.CountJobsAsync(Arg.Any<JobQuery>(), Arg.Any<CancellationToken>()).Returns(new Dictionary<JobState, long>());
        console.Services.Queries.FindJobAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(jobs.FirstOrDefault());
        console.Services.Jobs.DescribeAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(Details);
        console.Services.Jobs.ReadLogAsync(Arg.Any<string>(), Arg.Any<long>(), Arg.Any<CancellationToken>()).Returns(new JobLogPart("loss <script>alert(2)</script>", 300_000, false));
        console.Services.Tracking.SearchAsync(Arg.Any<Mesh.Commands.Tracking.RunQuery>(), Arg.Any<CancellationToken>()).Returns([]);
        return console;
    }
}
