using Mesh.Testing;
using System.Diagnostics;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests;

/// <summary>The process died somewhere in the middle of a job; the next start picks it up.</summary>
public class ResumeTests : IDisposable
{
    private readonly RunnerFixture fixture;

    public ResumeTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected ResumeTests(TestDatabase place) => fixture = new RunnerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_job_that_ran_is_run_again_and_its_orphaned_trainer_is_ended_first()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        await runner.AcceptAsync(Request(), null, Stop);
        await DieWhileRunningAsync();
        var start = new ProcessStartInfo("sleep", ["600"]);
        start.Environment["MESH_JOB_SPEC"] = fixture.FolderOf(Request()).SpecFile;
        using var orphan = Process.Start(start)!;

        await runner.ResumeAsync(Stop);
        var job = await fixture.RunAsync(runner, Request());

        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 2, 0));
        orphan.WaitForExit(5000).ShouldBeTrue();
    }

    [Fact]
    public async Task Finished_output_is_registered_and_not_made_again()
    {
        var runner = fixture.Runner($"echo run >> '{fixture["runs"]}'; $GOOD; $SUCCESS");
        await fixture.RunAsync(runner, Request());
        // As if the process had died after the trainer's end and before the registration.
        await fixture.Database.WriteAsync(
            async transaction =>
            {
                foreach (string sql in (string[])["DELETE FROM model_recordings", "DELETE FROM models", "DELETE FROM outbox", "UPDATE jobs SET state = 'running'"])
                {
                    await transaction.ExecuteAsync(sql);
                }
            },
            Stop);

        await runner.ResumeAsync(Stop);
        var job = await fixture.RunAsync(runner, Request());

        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        File.ReadAllLines(fixture["runs"]).Length.ShouldBe(1);
        // The folder that the dead process had already moved into place is replaced, not counted.
        (await runner.Models.ListAsync("manoeuvre", Stop)).ShouldHaveSingleItem().Version.ShouldBe(1);
        (await fixture.EventsAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Output_that_a_dead_attempt_left_unfinished_is_not_taken_for_the_next_ones()
    {
        var runner = fixture.Runner("test ! -e \"$MESH_OUTPUT_DIR/model\"; $GOOD; $SUCCESS");
        await runner.AcceptAsync(Request(), null, Stop);
        await DieWhileRunningAsync();
        Directory.CreateDirectory(Path.Combine(fixture.FolderOf(Request()).OutputOf(1), "model"));

        await runner.ResumeAsync(Stop);

        (await fixture.RunAsync(runner, Request())).State.ShouldBe(JobState.Succeeded);
    }

    [Fact]
    public async Task Only_jobs_that_ran_are_resumed()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        var done = await fixture.RunAsync(runner, Request("done"));
        var failed = await fixture.RunAsync(fixture.Runner("exit 2"), Request("failed"));

        await runner.ResumeAsync(Stop);

        (await runner.RunNextAsync(Stop)).ShouldBeFalse();
        (await runner.Jobs.FindAsync(done.JobId, Stop))!.State.ShouldBe(JobState.Succeeded);
        (await runner.Jobs.FindAsync(failed.JobId, Stop))!.State.ShouldBe(JobState.Failed);
    }

    [Fact]
    public async Task Several_workers_run_each_job_once()
    {
        fixture.Options = fixture.Options with { MaxParallelJobs = 3 };
        var runner = fixture.Runner($"echo $MESH_JOB_ID >> '{fixture["runs"]}'; $GOOD; $SUCCESS");
        for (int i = 0; i < 9; i++) await runner.AcceptAsync(Request($"t{i}"), null, Stop);
        using var stop = new CancellationTokenSource();

        var running = runner.RunAsync(stop.Token);
        await Eventually.TrueAsync(async () => (await runner.Jobs.ListAsync(20, Stop)).All(job => job.State == JobState.Succeeded), Stop);
        await stop.CancelAsync();
        await running;

        File.ReadAllLines(fixture["runs"]).Distinct().Count().ShouldBe(9);
        File.ReadAllLines(fixture["runs"]).Length.ShouldBe(9);
        (await runner.Models.ListAsync("manoeuvre", Stop)).Select(model => model.Version).Order().ShouldBe(Enumerable.Range(1, 9));
    }

    private ValueTask<bool> DieWhileRunningAsync() => fixture.Database.WriteAsync(
        async transaction => await JobStore.ClaimAsync(transaction, fixture.IdOf(Request()), "cpu", 1) is not null, Stop);
}
