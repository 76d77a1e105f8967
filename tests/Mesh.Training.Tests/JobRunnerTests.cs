using Mesh.Kafka.Events;
using Mesh.Testing;
using System.Diagnostics;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests;

public class JobRunnerTests : IDisposable
{
    private readonly RunnerFixture fixture;

    public JobRunnerTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected JobRunnerTests(TestDatabase place) => fixture = new RunnerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task Each_of_several_products_has_a_folder_of_its_own()
    {
        var runner = fixture.Runner("cat \"$MESH_INPUT_DIR/train/frames/00000.parquet\" \"$MESH_INPUT_DIR/train/imu/00000.parquet\" || exit 2; $GOOD; $SUCCESS");
        var request = Request();
        request.Inputs.Add(new ProductRange { Product = "imu", Table = "raw.imu", FromSnapshotId = 0, ToSnapshotId = 5, NewRows = 7 });

        var job = await fixture.RunAsync(runner, request);

        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        (await runner.Models.FindAsync("manoeuvre", null, Stop))!.Inputs.Select(input => input.Product).ShouldBe(["frames", "imu"]);
    }

    [Fact]
    public async Task What_became_of_a_firings_job_is_told_with_its_model()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        var outcomes = new JobOutcomes(fixture.Database);
        await runner.AcceptAsync(Request("waits"), null, Stop);
        (await ListAsync("waits", "nobody")).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            job => job.TriggerId.ShouldBe("waits"), job => job.State.ShouldBe(JobState.Queued), job => job.HasModel.ShouldBeFalse(), job => job.StartedAt.ShouldBeNull());

        await fixture.RunAsync(runner, Request("waits"));
        await fixture.RunAsync(runner, Request("rejected", gates: """{"accuracy":{"min":0.99}}"""));

        (await ListAsync("waits", "rejected")).OrderByDescending(job => job.TriggerId).Select(job => (job.TriggerId, job.State, job.HasModel, job.FinishedAt is not null))
            .ShouldBe([("waits", JobState.Succeeded, true, true), ("rejected", JobState.Succeeded, false, true)]);

        Task<IReadOnlyList<JobOutcome>> ListAsync(params string[] ids) => fixture.Database.ReadAsync(session => outcomes.ListAsync(session, ids), Stop).AsTask();
    }

    [Fact]
    public async Task A_trainer_that_keeps_the_contract_ends_as_a_registered_model_with_its_lineage()
    {
        var runner = fixture.Runner("echo hello; cat \"$MESH_INPUT_DIR/train/00000.parquet\"; $GOOD; $SUCCESS");

        var job = await fixture.RunAsync(runner, Request());

        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        (job.ModelVersion, job.Attempts, job.Failures, job.Code).ShouldBe((1, 1, 0, null));
        job.StartedAt.ShouldNotBeNull();
        job.FinishedAt.ShouldNotBeNull();
        var model = (await runner.Models.FindAsync("manoeuvre", null, Stop))!;
        model.State.ShouldBe(ModelState.Registered);
        model.JobId.ShouldBe(job.JobId);
        model.TriggerId.ShouldBe("t1");
        model.CodeVersion.ShouldBe("1.2.3");
        model.Trainer.ShouldBe("a script");
        model.Hyperparameters["epochs"].ShouldBe("5");
        model.Metrics["accuracy"].ShouldBe(0.9);
        model.Inputs.ShouldHaveSingleItem().ShouldBe(new ModelInput("frames", "raw.frames", 3, 1L << 60, 7));
        model.IngestIds.ShouldBe([Recording]);
        File.Exists(new Uri(model.Uri).LocalPath).ShouldBeTrue();
        model.Uri.ShouldEndWith("/models/manoeuvre/1/model.onnx");
        File.Exists(fixture["models", "manoeuvre", "1", "model_card.json"]).ShouldBeTrue();
        (await runner.Models.ListByRecordingAsync(Recording, Stop)).ShouldBe([("manoeuvre", 1)]);
        (await runner.Models.ListAsync(null, Stop)).ShouldHaveSingleItem().RecordingCount.ShouldBe(1);

        var message = (await fixture.EventsAsync()).ShouldHaveSingleItem();
        (message.Model, message.Version, message.State, message.ModelSha256).ShouldBe(("manoeuvre", 1, "registered", model.Sha256));
        message.Inputs.ShouldBe(Request().Inputs);
        message.IngestIds.ShouldBe([Recording]);
        (await File.ReadAllTextAsync(fixture.FolderOf(Request()).LogFile, Stop)).ShouldContain("hello\nnot looked at");
    }

    [Fact]
    public async Task The_trace_that_asked_for_a_job_goes_on_in_its_trainer_and_in_the_model_it_registers()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-";
        var runner = fixture.Runner("echo trace=$TRACEPARENT; $GOOD; $SUCCESS");

        (await fixture.RunAsync(runner, Request())).State.ShouldBe(JobState.Succeeded);

        using var outbox = new Lakehouse.Metadata.Outbox(fixture.Database);
        var registered = (await outbox.PeekAsync(100, Stop)).Where(entry => entry.Topic == "model.registered.v1").ShouldHaveSingleItem();
        registered.TraceParent.ShouldStartWith(Trace);
        registered.TraceParent.ShouldNotContain("b7ad6b7169203331");
        (await File.ReadAllTextAsync(fixture.FolderOf(Request()).LogFile, Stop)).ShouldContain($"trace={registered.TraceParent}");
    }

    [Fact]
    public async Task A_request_that_is_delivered_again_is_the_same_job_and_runs_once()
    {
        var runner = fixture.Runner($"echo run >> '{fixture["runs"]}'; $GOOD; $SUCCESS");
        await fixture.RunAsync(runner, Request());

        (await runner.AcceptAsync(Request(), null, Stop)).ShouldBeFalse();
        await fixture.RunAsync(runner, Request());

        File.ReadAllLines(fixture["runs"]).Length.ShouldBe(1);
        (await runner.Jobs.ListAsync(10, Stop)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_trainer_gets_the_contracts_environment_and_none_of_ours()
    {
        Environment.SetEnvironmentVariable("MESH_KAFKA__PASSWORD", "secret");
        var runner = fixture.Runner($"env > '{fixture["env"]}'; test ! -t 0; $GOOD; $SUCCESS");

        (await fixture.RunAsync(runner, Request())).State.ShouldBe(JobState.Succeeded);

        Environment.SetEnvironmentVariable("MESH_KAFKA__PASSWORD", null);
        var folder = fixture.FolderOf(Request());
        string[] mesh = [.. File.ReadAllLines(fixture["env"]).Where(line => line.StartsWith("MESH_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        mesh.ShouldBe(
        [
            "MESH_ATTEMPT=1", $"MESH_CHECKPOINT_DIR={folder.Checkpoint}",
            $"MESH_COMMAND={System.Text.Json.JsonSerializer.Serialize(fixture.Options.MeshCommand)}", $"MESH_INPUT_DIR={folder.Input}",
            $"MESH_JOB_ID={fixture.IdOf(Request())}", $"MESH_JOB_SPEC={folder.SpecFile}", $"MESH_OUTPUT_DIR={folder.OutputOf(1)}",
        ]);
        File.ReadAllText(fixture["env"]).ShouldMatch("TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-0[01]", "a span of the job, in the trace of its request");
    }

    [Fact]
    public async Task A_trainer_that_crashes_is_tried_again_and_finds_its_checkpoint()
    {
        var runner = fixture.Runner(
            """
            if [ "$MESH_ATTEMPT" = 1 ]; then echo half > "$MESH_CHECKPOINT_DIR/state"; kill -9 $$; fi
            grep half "$MESH_CHECKPOINT_DIR/state"
            $GOOD
            $SUCCESS
            """);

        var job = await fixture.RunAsync(runner, Request());

        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 2, 1));
    }

    [Fact]
    public async Task A_trainer_that_keeps_failing_is_given_up_after_three_failures_with_its_own_words()
    {
        var runner = fixture.Runner("""echo '{"class":"OutOfMemory","message":"needs more memory","retryable":true}' > "$MESH_OUTPUT_DIR/error.json"; exit 1""");

        var job = await fixture.RunAsync(runner, Request());

        (job.State, job.Attempts, job.Failures, job.Code).ShouldBe((JobState.Failed, 3, 3, "MESH9005"));
        job.Reason.ShouldContain("needs more memory");
        (await fixture.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_attempt_waits_before_the_next()
    {
        fixture.Options = fixture.Options with { RetryDelay = TimeSpan.FromHours(1) };
        var job = await fixture.RunAsync(fixture.Runner("exit 1"), Request());

        (job.State, job.Attempts).ShouldBe((JobState.Queued, 1));
    }

    [Theory]
    [InlineData("exit 2", "MESH9004", 1)]
    [InlineData("exit 0", "MESH9006", 3)]
    [InlineData("$GOOD", "MESH9006", 3)]
    [InlineData("$GOOD; echo garbage > $MESH_OUTPUT_DIR/model/model.onnx; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; rm $MESH_OUTPUT_DIR/model/model.onnx; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; rm $MESH_OUTPUT_DIR/metrics.jsonl; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; echo '[]' > $MESH_OUTPUT_DIR/metrics.jsonl; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; rm $MESH_OUTPUT_DIR/model_card.json; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; echo '{}' > $MESH_OUTPUT_DIR/model_card.json; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; echo null > $MESH_OUTPUT_DIR/model_card.json; $SUCCESS", "MESH9007", 1)]
    [InlineData("$GOOD; mv $MESH_OUTPUT_DIR/model/model.onnx $MESH_CHECKPOINT_DIR/m; ln -s $MESH_CHECKPOINT_DIR/m $MESH_OUTPUT_DIR/model/model.onnx; $SUCCESS", "MESH9007", 1)]
    public async Task What_breaks_the_contract_becomes_no_model(string script, string code, int attempts)
    {
        var job = await fixture.RunAsync(fixture.Runner(script), Request());

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, code, attempts), job.Reason);
        (await fixture.EventsAsync()).ShouldBeEmpty();
        Directory.Exists(fixture["models", "manoeuvre"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("job_id", "\"another\"", "of job 'another'")]
    [InlineData("schema", "\"v0\"", "schema 'v0'")]
    [InlineData("artifacts", "[]", "does not list model/model.onnx")]
    [InlineData("artifacts", """[{"path":"../../spec.json","sha256":"","bytes":0}]""", "outside the output")]
    [InlineData("artifacts", """[{"path":"model/model.onnx","sha256":"","bytes":1}]""", "the card says 1")]
    [InlineData("artifacts", """[{"path":"model/other","sha256":"","bytes":1}]""", "is missing")]
    [InlineData("inputs", """[{"product":"frames","table":"raw.frames","snapshot_id":"5","rows":1,"ingest_ids":[]}]""", "was not given")]
    [InlineData("inputs", """[{"product":"frames","table":"raw.frames","snapshot_id":"1152921504606846976","rows":1,"ingest_ids":["x"]}]""", "as an ingest id")]
    [InlineData("metrics", "null", "lacks metrics")]
    public async Task A_card_that_does_not_bear_scrutiny_is_refused(string key, string json, string expected)
    {
        fixture.WriteTemplate(0.9, card => card[key] = System.Text.Json.Nodes.JsonNode.Parse(json)!);

        var job = await fixture.RunAsync(fixture.Runner("$GOOD; $SUCCESS"), Request());

        (job.State, job.Code).ShouldBe((JobState.Failed, "MESH9007"));
        job.Reason.ShouldContain(expected);
    }

    [Fact]
    public async Task A_trainer_that_takes_too_long_is_killed_with_everything_it_started()
    {
        fixture.Options = fixture.Options with { MaxDuration = TimeSpan.FromSeconds(77), GracePeriod = TimeSpan.FromMilliseconds(300) };
        fixture.Time = new EventfulTime(TimeSpan.FromSeconds(77), () => IsWritten("pid1") && IsWritten("pid2"));
        // One child in its own session whose parent has gone, one that ignores SIGTERM.
        var runner = fixture.Runner(
            $"""
            (setsid sh -c 'trap "" TERM; echo $$ > "{fixture["pid1"]}"; sleep 600' &)
            sh -c 'trap "" TERM; echo $$ > "{fixture["pid2"]}"; sleep 600'
            """);

        var job = await fixture.RunAsync(runner, Request());

        (job.State, job.Code).ShouldBe((JobState.Failed, "MESH9003"));
        job.Reason.ShouldContain("77 seconds");
        foreach (string file in (string[])["pid1", "pid2"]) IsAlive(int.Parse(File.ReadAllText(fixture[file]))).ShouldBeFalse(file);

        bool IsWritten(string file) => File.Exists(fixture[file]) && File.ReadAllText(fixture[file]).EndsWith('\n');
    }

    [Fact]
    public async Task A_child_that_outlives_its_trainer_does_not_hold_the_job()
    {
        var runner = fixture.Runner($"(setsid sh -c 'echo $$ > \"{fixture["pid"]}\"; sleep 600' &); while [ ! -s \"{fixture["pid"]}\" ]; do sleep 0.05; done; $GOOD; $SUCCESS");

        (await fixture.RunAsync(runner, Request())).State.ShouldBe(JobState.Succeeded);

        IsAlive(int.Parse(File.ReadAllText(fixture["pid"]))).ShouldBeFalse();
    }

    [Fact]
    public async Task Stopping_gives_the_trainer_time_for_its_checkpoint_and_the_job_resumes_later()
    {
        var runner = fixture.Runner(
            $"""
            if [ -f "$MESH_CHECKPOINT_DIR/state" ]; then
              $GOOD
              $SUCCESS
              exit 0
            fi
            trap 'echo saved > "$MESH_CHECKPOINT_DIR/state"; exit 143' TERM
            touch '{fixture["started"]}'
            while true; do sleep 0.05; done
            """);
        using var stop = new CancellationTokenSource();
        await runner.AcceptAsync(Request(), null, Stop);
        var running = runner.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => File.Exists(fixture["started"]), Stop);
        await stop.CancelAsync();
        await running;

        var stopped = (await runner.Jobs.FindAsync(fixture.IdOf(Request()), Stop))!;
        (stopped.State, stopped.Failures).ShouldBe((JobState.Queued, 0));
        File.Exists(Path.Combine(fixture.FolderOf(Request()).Checkpoint, "state")).ShouldBeTrue();

        var job = await fixture.RunAsync(runner, Request());
        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 2, 0));
    }

    [Fact]
    public async Task A_trainer_that_was_pre_empted_by_somebody_else_is_tried_again_without_counting_as_a_failure()
    {
        var job = await fixture.RunAsync(fixture.Runner("[ $MESH_ATTEMPT -gt 5 ] || exit 143; $GOOD; $SUCCESS"), Request());

        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 6, 0));
    }

    [Fact]
    public async Task A_job_that_is_interrupted_again_and_again_is_given_up()
    {
        var job = await fixture.RunAsync(fixture.Runner("exit 143"), Request());

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH9008", 11));
    }

    [Fact]
    public async Task A_trainer_that_cannot_be_started_fails_the_job_with_the_remedy()
    {
        var job = await fixture.RunAsync(fixture.Runner(_ => ("/nowhere/python9", [])), Request());

        (job.State, job.Code).ShouldBe((JobState.Failed, "MESH9002"));
        job.Reason.ShouldContain("/nowhere/python9");
    }

    [Theory]
    [InlineData("../../etc", "no model name")]
    [InlineData("", "no model name")]
    [InlineData(".hidden", "no model name")]
    public async Task A_request_that_can_never_run_is_a_failed_job(string model, string expected)
    {
        var request = Request();
        request.Model = model;

        var job = await fixture.RunAsync(fixture.Runner("$GOOD; $SUCCESS"), request);

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH9001", 0));
        job.Reason.ShouldContain(expected);
    }

    [Fact]
    public async Task Gates_that_cannot_be_read_are_refused_before_anything_runs()
    {
        var job = await fixture.RunAsync(fixture.Runner("$GOOD; $SUCCESS"), Request(gates: "{\"accuracy\": 5}"));

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH9001", 0));
    }

    [Fact]
    public async Task A_log_without_end_is_cut_and_the_trainer_not_blocked()
    {
        fixture.Options = fixture.Options with { MaxLogBytes = 10_000 };
        var job = await fixture.RunAsync(fixture.Runner("yes nonsense | head -c 3000000; $GOOD; $SUCCESS"), Request());

        job.State.ShouldBe(JobState.Succeeded);
        var log = new FileInfo(fixture.FolderOf(Request()).LogFile);
        log.Length.ShouldBeLessThan(11_000);
        File.ReadAllText(log.FullName).ShouldContain("the rest is dropped");
    }

    [Fact]
    public async Task Jobs_are_found_by_the_beginning_of_their_id()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        await runner.AcceptAsync(Request("a"), null, Stop);
        await runner.AcceptAsync(Request("b"), null, Stop);

        (await runner.Jobs.FindAsync(fixture.IdOf(Request("a"))[..8], Stop))!.TriggerId.ShouldBe("a");
        (await runner.Jobs.FindAsync("", Stop)).ShouldBeNull();
        (await runner.Jobs.FindAsync("%", Stop)).ShouldBeNull();
    }

    [Theory]
    [InlineData("python3 train.py --lr 0.1", "python3", "train.py|--lr|0.1")]
    [InlineData("  sh -c 'a b \"c\"' \"\" ", "sh", "-c|a b \"c\"|")]
    [InlineData("/opt/my\" \"trainer", "/opt/my trainer", "")]
    public void A_command_line_is_split_as_people_expect(string trainer, string file, string arguments)
    {
        var command = TrainerCommand.Resolve(trainer);

        command.File.ShouldBe(file);
        command.Arguments.ShouldBe(arguments.Length == 0 ? [] : arguments.Split('|'));
    }

    [Fact]
    public void A_script_named_from_where_Mesh_was_started_is_found_from_the_jobs_folder()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["train.py"], "");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, folder["train.py"]);

        TrainerCommand.Resolve($"python3 {relative} no/such/file").Arguments.ShouldBe([folder["train.py"], "no/such/file"]);
    }

    [Fact]
    public async Task A_trainer_finds_mesh_by_its_command()
    {
        fixture.Options = fixture.Options with { MeshCommand = ["dotnet", "/somewhere else/mesh.dll"] };
        var job = await fixture.RunAsync(fixture.Runner("echo \"$MESH_COMMAND\"\nexit 2"), RunnerFixture.Request());
        job.State.ShouldBe(JobState.Failed);
        File.ReadAllText(fixture.FolderOf(RunnerFixture.Request()).LogFile).ShouldContain("""["dotnet","/somewhere else/mesh.dll"]""");
    }

    [Fact]
    public void A_built_in_trainer_is_this_program()
    {
        var command = TrainerCommand.Resolve("builtin/manoeuvre");

        command.File.ShouldBe(Environment.ProcessPath);
        command.Arguments[^2..].ShouldBe(["trainer", "builtin/manoeuvre"]);
    }
}
