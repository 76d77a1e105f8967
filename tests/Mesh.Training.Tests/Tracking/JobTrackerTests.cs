using Mesh.Storage;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Tracking;

public class JobTrackerTests : IDisposable
{
    private const string TwoMetrics = """echo '{"type":"metric","step":1,"loss":0.5,"ts":1700000000000}' >> $MESH_OUTPUT_DIR/metrics.jsonl; echo '{"type":"metric","step":2,"loss":0.25,"accuracy":0.9}' >> $MESH_OUTPUT_DIR/metrics.jsonl""";
    private readonly RunnerFixture fixture;
    private readonly TrackingStore store;

    public JobTrackerTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected JobTrackerTests(TestDatabase place)
    {
        fixture = new RunnerFixture(place);
        store = new TrackingStore(fixture.Database, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_attempt_at_a_job_is_a_run_with_what_it_was_given_what_it_streamed_and_what_came_out()
    {
        var request = RunnerFixture.Request();
        var job = await fixture.RunAsync(Runner($"$GOOD; {TwoMetrics}; $SUCCESS"), request);

        var run = (await RunsAsync()).ShouldHaveSingleItem();
        (run.Experiment, run.Status, run.Origin, run.JobId, run.Attempt).ShouldBe(("manoeuvre", RunStatus.Finished, RunOrigin.Job, job.JobId, 1));
        run.RunId.ShouldBe(TrackingStore.RunIdOf(job.JobId, 1));
        run.EndedAt.ShouldNotBeNull();
        run.Parameters.ShouldBe(new Dictionary<string, string> { ["epochs"] = "5" });
        run.Metrics.Select(metric => (metric.Key, metric.Value, metric.Step)).ShouldBe([("accuracy", 0.9, 2), ("loss", 0.25, 2), ("note_free", 1.5, 2)]);
        (await store.GetHistoryAsync(run.RunId, "loss", 10, null, Stop)).Items.Select(metric => metric.Value).ShouldBe([0.5, 0.25]);
        // The card says the accuracy that was streamed last: it is there once.
        (await store.GetHistoryAsync(run.RunId, "accuracy", 10, null, Stop)).Items.ShouldHaveSingleItem();
        run.Tags["mesh.job.id"].ShouldBe(job.JobId);
        run.Tags["mesh.trigger.id"].ShouldBe("t1");
        run.Tags["mesh.snapshot.frames"].ShouldBe($"raw.frames@{1L << 60}, new since 3");
        run.Tags["mesh.code.version"].ShouldBe("1.2.3");
        run.Tags["mesh.model.version"].ShouldBe("1");
        run.Tags["mesh.result"].ShouldBe("registered");

        var artifacts = new ArtifactStore(store, new LocalObjectStore(fixture["experiments"]), 1_000);
        (await artifacts.ListAsync(run.RunId, "", Stop)).Select(entry => (entry.Path, entry.IsFolder)).ShouldContain(("model", true));
        (await artifacts.ListAsync(run.RunId, "model", Stop)).ShouldHaveSingleItem().Path.ShouldBe("model/model.onnx");
        await using var source = await artifacts.OpenAsync(run.RunId, "model_card.json", Stop);
        source.Name.ShouldStartWith(fixture.FolderOf(request).OutputOf(1));
        (await Should.ThrowAsync<TrackingException>(() => artifacts.PutAsync(run.RunId, "model_card.json", new MemoryStream([1]), Stop))).Code.ShouldBe("MESH9323");
        (await artifacts.PutAsync(run.RunId, "notes/plot.svg", new MemoryStream([1, 2]), Stop)).ShouldBe(2);
        (await artifacts.ListAsync(run.RunId, "notes", Stop)).ShouldBe([new ArtifactEntry("notes/plot.svg", false, 2)]);
    }

    [Fact]
    public async Task Metrics_are_there_while_the_trainer_still_runs()
    {
        string go = fixture["go"];
        var runner = Runner($"{TwoMetrics}; while [ ! -e '{go}' ]; do sleep 0.02; done; exit 2");
        await runner.AcceptAsync(RunnerFixture.Request(), null, Stop);
        var running = runner.RunNextAsync(Stop);

        await Eventually.TrueAsync(async () => await RunsAsync() is [{ Metrics.Count: 2 }], Stop);
        (await RunsAsync()).ShouldHaveSingleItem().Status.ShouldBe(RunStatus.Running);
        File.WriteAllText(go, "");
        await running;
        (await RunsAsync()).ShouldHaveSingleItem().Status.ShouldBe(RunStatus.Failed);
    }

    [Fact]
    public async Task Every_attempt_is_a_run_of_its_own()
    {
        await fixture.RunAsync(Runner($"if [ $MESH_ATTEMPT = 1 ]; then {TwoMetrics}; exit 1; fi; if [ $MESH_ATTEMPT = 2 ]; then exit 143; fi; $GOOD; $SUCCESS"), RunnerFixture.Request());

        (await RunsAsync()).OrderBy(run => run.Attempt).Select(run => (run.Attempt, run.Status, run.Tags["mesh.result"]))
            .ShouldBe([(1, RunStatus.Failed, "failed"), (2, RunStatus.Killed, "preempted"), (3, RunStatus.Finished, "registered")]);
        (await RunsAsync()).Single(run => run.Attempt == 1).Tags["mesh.error.code"].ShouldBe("MESH9005");
    }

    [Fact]
    public async Task What_a_dead_process_left_is_completed_once_and_nothing_is_there_twice()
    {
        var request = RunnerFixture.Request();
        // Nobody watches: as if the process had died before it could tell.
        var job = await fixture.RunAsync(fixture.Runner(Command($"if [ $MESH_ATTEMPT = 1 ]; then {TwoMetrics}; exit 1; fi; $GOOD; {TwoMetrics}; $SUCCESS")), request);
        string first = TrackingStore.RunIdOf(job.JobId, 1);
        var attempt = new JobAttempt(job.JobId, 1, request, "1.2.3", fixture.FolderOf(request), DateTimeOffset.UnixEpoch);
        // It had read the first of two lines.
        (await store.BeginAttemptAsync(attempt, Stop)).ShouldBe(0);
        string file = Path.Combine(attempt.Folder.OutputOf(1), "metrics.jsonl");
        long half = File.ReadAllText(file).IndexOf('\n') + 1;
        await store.AddStreamedAsync(first, 0, new MetricsBatch([new MetricPoint("loss", 0.5, 1, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000))], half), Stop);
        (await store.BeginAttemptAsync(attempt, Stop)).ShouldBe(half);

        for (int start = 0; start < 2; start++) await Tracker().RecoverAsync(Stop);

        (await RunsAsync()).OrderBy(run => run.Attempt).Select(run => (run.Attempt, run.Status)).ShouldBe([(1, RunStatus.Killed), (2, RunStatus.Finished)]);
        (await store.GetHistoryAsync(first, "loss", 10, null, Stop)).Items.Select(metric => metric.Value).ShouldBe([0.5, 0.25]);
        var second = (await RunsAsync()).Single(run => run.Attempt == 2);
        second.Tags["mesh.model.version"].ShouldBe("1");
        second.Metrics.Select(metric => metric.Key).ShouldBe(["accuracy", "loss", "note_free"]);
    }

    [Fact]
    public async Task A_trainer_whose_metrics_are_no_names_or_no_file_still_has_its_run()
    {
        string odd = """echo '{"type":"metric","a?b":1,"../x":2,"ok":3}' >> $MESH_OUTPUT_DIR/metrics.jsonl""";
        await fixture.RunAsync(Runner($"$GOOD; {odd}; $SUCCESS"), RunnerFixture.Request());
        await fixture.RunAsync(Runner("mkdir $MESH_OUTPUT_DIR/metrics.jsonl; exit 2"), RunnerFixture.Request("t2"));

        var runs = await RunsAsync();
        runs.Single(run => run.Status == RunStatus.Finished).Metrics.Select(metric => metric.Key).ShouldBe(["accuracy", "note_free", "ok"]);
        runs.Single(run => run.Status == RunStatus.Failed).Tags["mesh.error.code"].ShouldBe("MESH9004");
    }

    [Fact]
    public async Task What_a_jobs_run_is_clients_do_not_change()
    {
        await fixture.RunAsync(Runner("$GOOD; $SUCCESS"), RunnerFixture.Request());
        var run = (await RunsAsync()).Single();

        (await store.UpdateRunAsync(run.RunId, RunStatus.Failed, DateTimeOffset.UnixEpoch, "best", Stop)).Status.ShouldBe(RunStatus.Finished);
        (await Should.ThrowAsync<TrackingException>(async () => await store.DeleteTagAsync(run.RunId, "mesh.job.id", Stop))).Code.ShouldBe("MESH9311");
    }

    public void Dispose()
    {
        fixture.Dispose();
        GC.SuppressFinalize(this);
    }

    private JobTracker Tracker() => new(fixture.Database, fixture.Options, NullLogger.Instance, TimeProvider.System);

    private JobRunner Runner(string script) => fixture.Runner(Command(script), Tracker());

    private Func<string, (string File, string[] Arguments)> Command(string script)
    {
        var command = fixture.Script(script);
        return _ => command;
    }

    private async Task<IReadOnlyList<TrackedRun>> RunsAsync() => (await store.SearchRunsAsync(null, null, [], RunView.All, 100, null, Stop)).Items;
}
