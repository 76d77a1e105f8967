using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Jobs;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests;

public class CancelTests : IDisposable
{
    private readonly RunnerFixture fixture;

    public CancelTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected CancelTests(TestDatabase place) => fixture = new RunnerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_job_that_waits_never_runs_once_it_is_cancelled()
    {
        var runner = fixture.Runner($"touch '{fixture["ran"]}'; $GOOD; $SUCCESS");
        await runner.AcceptAsync(Request(), null, Stop);

        var cancelled = await runner.CancelAsync(fixture.IdOf(Request())[..6], " wrong data ", Stop);

        (cancelled.State, cancelled.Reason).ShouldBe((JobState.Cancelled, "cancelled: wrong data"));
        cancelled.FinishedAt.ShouldNotBeNull();
        (await runner.RunNextAsync(Stop)).ShouldBeFalse();
        File.Exists(fixture["ran"]).ShouldBeFalse();
        // The same request again is the same job, and a second cancellation changes nothing.
        (await runner.AcceptAsync(Request(), null, Stop)).ShouldBeFalse();
        (await runner.CancelAsync(cancelled.JobId, "other", Stop)).Reason.ShouldBe("cancelled: wrong data");
    }

    [Fact]
    public async Task A_running_trainer_is_told_and_then_killed_with_all_it_started()
    {
        fixture.Options = fixture.Options with { GracePeriod = TimeSpan.FromMilliseconds(200) };
        var runner = fixture.Runner($"trap '' TERM; sleep 600 & echo $! > '{fixture["child"]}.tmp'; echo $$ > '{fixture["parent"]}'; mv '{fixture["child"]}.tmp' '{fixture["child"]}'; wait; sleep 600");
        await runner.AcceptAsync(Request(), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => File.Exists(fixture["child"]), Stop);

        (await runner.CancelAsync(fixture.IdOf(Request()), "no longer wanted", Stop)).State.ShouldBe(JobState.Cancelled);
        (await running).ShouldBeTrue();

        IsAlive(int.Parse(File.ReadAllText(fixture["parent"]))).ShouldBeFalse();
        IsAlive(int.Parse(File.ReadAllText(fixture["child"]))).ShouldBeFalse();
        (await runner.RunNextAsync(Stop)).ShouldBeFalse();
        (await runner.Jobs.FindAsync(fixture.IdOf(Request()), Stop))!.State.ShouldBe(JobState.Cancelled);
        (await runner.Models.ListAsync(null, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_trainer_that_finishes_although_its_job_was_cancelled_makes_no_model()
    {
        var runner = fixture.Runner($"trap '$GOOD; $SUCCESS; exit 0' TERM; touch '{fixture["started"]}'; while true; do sleep 0.05; done");
        await runner.AcceptAsync(Request(), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => File.Exists(fixture["started"]), Stop);

        await runner.CancelAsync(fixture.IdOf(Request()), "no longer wanted", Stop);
        await running;

        (await runner.Models.ListAsync(null, Stop)).ShouldBeEmpty();
        (await fixture.EventsAsync()).ShouldBeEmpty();
        Directory.Exists(fixture["models", "manoeuvre", "1"]).ShouldBeFalse();
        (await runner.Jobs.FindAsync(fixture.IdOf(Request()), Stop))!.State.ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task Another_process_of_the_same_database_can_cancel_too()
    {
        var runner = fixture.Runner($"touch '{fixture["started"]}'; exec sleep 600");
        var other = fixture.Runner("exit 2");
        using var stop = new CancellationTokenSource();
        await runner.AcceptAsync(Request(), null, Stop);
        var running = runner.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => File.Exists(fixture["started"]), Stop);

        await other.CancelAsync(fixture.IdOf(Request()), "from afar", Stop);

        await Eventually.TrueAsync(() => File.ReadAllText(fixture.FolderOf(Request()).LogFile).Contains("-- stopped"), Stop);
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData("nothere", "why", "MESH9011")]
    [InlineData(null, " ", "MESH9012")]
    [InlineData(null, "why", "MESH9013")]
    public async Task What_cannot_be_cancelled_is_told(string? id, string reason, string code)
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        var job = await fixture.RunAsync(runner, Request());

        (await Should.ThrowAsync<MeshException>(runner.CancelAsync(id ?? job.JobId, reason, Stop).AsTask())).Code.ShouldBe(code);
        (await runner.Jobs.FindAsync(job.JobId, Stop))!.State.ShouldBe(JobState.Succeeded);
    }

    [Theory]
    [InlineData("evaluate", "echo '{\"accuracy\":0.9}' > \"$MESH_OUTPUT_DIR/result.json\"; $SUCCESS", JobState.Succeeded, null)]
    [InlineData("compile", "exit 0", JobState.Failed, "MESH9006")]
    [InlineData("calibrate", "echo '{' > \"$MESH_OUTPUT_DIR/result.json\"; $SUCCESS", JobState.Failed, "MESH9007")]
    [InlineData("serve", "exit 0", JobState.Succeeded, null)]
    [InlineData("quantise", "$SUCCESS", JobState.Failed, "MESH9007")]
    [InlineData("dream", "$SUCCESS", JobState.Failed, "MESH9001")]
    public async Task A_job_ends_with_what_its_kind_makes(string kind, string script, JobState state, string? code)
    {
        var request = Request();
        request.Kind = kind;
        var runner = fixture.Runner(script);

        await runner.AcceptAsync(request, null, Stop);
        while (await runner.RunNextAsync(Stop))
        {
        }

        var job = (await runner.Jobs.ListAsync(2, Stop)).ShouldHaveSingleItem();
        (job.State, job.Code).ShouldBe((state, code), job.Reason);
        (await runner.Models.ListAsync(null, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_log_is_read_piece_by_piece_in_whole_characters()
    {
        var runner = fixture.Runner("echo 'grüße'; $GOOD; $SUCCESS");
        var job = await fixture.RunAsync(runner, Request());

        var part = await JobLog.ReadAsync(fixture.Options.JobsFolder, job, 0, Stop);
        part.IsEnd.ShouldBeTrue();
        part.Text.ShouldContain("grüße");
        var rest = await JobLog.ReadAsync(fixture.Options.JobsFolder, job, part.NextOffset, Stop);
        rest.ShouldBe(new JobLogPart("", part.NextOffset, true));

        // While it runs a character may be half there.
        string file = fixture.FolderOf(Request()).LogFile;
        File.WriteAllBytes(file, [(byte)'a', 0xC3]);
        (await JobLog.ReadAsync(fixture.Options.JobsFolder, job with { State = JobState.Running }, 0, Stop)).ShouldBe(new JobLogPart("a", 1, false));
    }
}
