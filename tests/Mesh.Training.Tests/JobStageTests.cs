using Mesh.Columnar;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Tests;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Reference;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Training.Tests.SyntheticFrames;
using DataFile = Mesh.Lakehouse.Iceberg.DataFile;

namespace Mesh.Training.Tests;

/// <summary>The stage between a Kafka cluster that somebody else wrote and a real Iceberg table.</summary>
public class JobStageTests : IDisposable
{
    private static readonly TableIdentifier Frames = new("raw", "synchronised_frames");
    private readonly RunnerFixture fixture;

    public JobStageTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected JobStageTests(TestDatabase place) => fixture = new RunnerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task Rows_that_are_deleted_and_still_in_their_files_keep_a_table_from_being_trained_on()
    {
        var store = new LocalObjectStore(fixture["lake"]);
        var catalogue = new TableCatalogue(fixture.Database, store, TimeProvider.System);
        var whole = await AppendAsync(catalogue, store, 1, [Make(1, 300)]);
        await catalogue.DeleteRowsAsync(Frames, new ComparisonPredicate("sequence", ComparisonOperator.Equal, 3L), new DeleteOptions { Rewrite = false }, Stop);
        var erased = await catalogue.LoadAsync(Frames, Stop);
        var inputs = new JobInputs(catalogue);
        ProductRange At(long snapshot) => new() { Product = "frames", Table = Frames.ToString(), ToSnapshotId = snapshot };

        var refusal = await Should.ThrowAsync<MeshException>(inputs.ResolveAsync(At(erased.CurrentSnapshot!.SnapshotId), Stop).AsTask());

        refusal.Code.ShouldBe("MESH9022");
        refusal.IsTransient.ShouldBeFalse();
        (await inputs.ResolveAsync(At(whole.Snapshot!.SnapshotId), Stop)).Rows.ShouldBe(300);
    }

    [Fact]
    public async Task A_request_runs_once_on_the_tables_files_at_its_snapshot_and_a_stranger_becomes_a_dead_letter()
    {
        var store = new LocalObjectStore(fixture["lake"]);
        var catalogue = new TableCatalogue(fixture.Database, store, TimeProvider.System);
        var first = await AppendAsync(catalogue, store, 1, [.. Enumerable.Range(1, 4).Select(number => Make(number, 300))]);
        await AppendAsync(catalogue, store, 2, [Make(5, 300)]);
        fixture.WriteTemplate(0.9, card => card["inputs"] = Array.Empty<object>());
        var command = fixture.Script("$GOOD; $SUCCESS");
        var request = RunnerFixture.Request();
        request.Inputs[0].Table = Frames.ToString();
        request.Inputs[0].ToSnapshotId = first.Snapshot!.SnapshotId;

        await using var kafka = new MockKafka((Topics.JobRequested, 1));
        await using (var producer = new EventProducer(kafka.Options, NullLogger.Instance))
        {
            await producer.PublishSerialisedAsync(Topics.JobRequested, "x", JobRequested.Descriptor.FullName, new byte[] { 0xFF, 0xFF, 0xFF }, null, Stop);
            await producer.PublishAsync(Topics.JobRequested, request.Rule, request, Stop);
            await producer.PublishAsync(Topics.JobRequested, request.Rule, request, Stop);
        }

        using var stage = new JobStage(kafka.Options, fixture.Database, catalogue, store, fixture.Options, _ => command, NullLogger.Instance, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = stage.RunAsync(stop.Token);
        while (await stage.Jobs.FindAsync(fixture.IdOf(request), Stop) is not { State: JobState.Succeeded or JobState.Failed })
        {
            running.IsCompleted.ShouldBeFalse();
            await Task.Delay(20, Stop);
        }

        await stop.CancelAsync();
        await running;

        var job = (await stage.Jobs.ListAsync(10, Stop)).ShouldHaveSingleItem();
        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        var input = JobSpec.Read(fixture.FolderOf(request).SpecFile).Inputs.ShouldHaveSingleItem();
        (input.SnapshotId, input.Rows, input.Files.Count).ShouldBe((first.Snapshot.SnapshotId, 1200, 1));
        input.Files[0].Sha256.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(new Uri(input.Files[0].Uri).LocalPath))));
        using var outbox = new Outbox(fixture.Database);
        (await outbox.PeekAsync(100, Stop)).Select(entry => entry.Topic).ShouldBe(["mesh.training.dead-letters.v1", "model.registered.v1"], ignoreOrder: true);

        // The built-in trainer finds the same folder usable: links into the lake, columns with the lake's ids.
        var folder = fixture.FolderOf(request);
        var environment = new TrainerEnvironment(folder.SpecFile, folder.Input, fixture["builtin"], folder.Checkpoint);
        var log = new StringWriter();
        var spec = JobSpec.Read(folder.SpecFile);
        (spec with { Hyperparameters = new Dictionary<string, string> { ["epochs"] = "2" } }).Write(folder.SpecFile);
        (await ManoeuvreTrainer.RunAsync(environment, log, TimeProvider.System, Stop)).ShouldBe(0, log.ToString());
        log.ToString().ShouldContain("1,200 frames of 4 recordings");
    }

    [Fact]
    public async Task A_table_or_snapshot_that_is_not_there_fails_the_job_with_the_catalogues_words()
    {
        var catalogue = new TableCatalogue(fixture.Database, new LocalObjectStore(fixture["lake"]), TimeProvider.System);
        using var runner = new JobRunner(
            fixture.Database, fixture.Options, new Running.JobInputs(catalogue).ResolveAsync, _ => ("true", []), NullLogger.Instance, TimeProvider.System);

        var job = await fixture.RunAsync(runner, RunnerFixture.Request());

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH8102", 1));
    }

    [Fact]
    public async Task A_rules_filter_reaches_the_spec_and_leaves_out_files_that_cannot_hold_such_rows()
    {
        var store = new LocalObjectStore(fixture["lake"]);
        var catalogue = new TableCatalogue(fixture.Database, store, TimeProvider.System);
        await AppendAsync(catalogue, store, 1, [Make(1, 300)]);
        var last = await AppendAsync(catalogue, store, 2, [Make(2, 500)]);
        using var runner = new JobRunner(
            fixture.Database, fixture.Options, new Running.JobInputs(catalogue).ResolveAsync, _ => fixture.Script("exit 2"), NullLogger.Instance, TimeProvider.System);
        var request = Of("sequence >= 400");

        await fixture.RunAsync(runner, request);

        var input = JobSpec.Read(fixture.FolderOf(request).SpecFile).Inputs.ShouldHaveSingleItem();
        (input.Filter, input.Rows, input.Files.Single().Uri).ShouldBe(("sequence >= 400", 500, store.UriOf("raw/synchronised_frames/data/2.parquet")));

        // The second job gets the digest without the file being read for it: what was kept is what it is told.
        await fixture.Database.WriteAsync(transaction => transaction.ExecuteAsync("UPDATE input_digests SET sha256 = @kept", new { kept = new string('0', 64) }), Stop);
        await fixture.RunAsync(runner, Of("sequence >= 450"));
        JobSpec.Read(fixture.FolderOf(Of("sequence >= 450")).SpecFile).Inputs[0].Files[0].Sha256.ShouldBe(new string('0', 64));

        var nothing = await fixture.RunAsync(runner, Of("sequence >= 1000"));
        (nothing.State, nothing.Code).ShouldBe((JobState.Failed, "MESH9001"));
        nothing.Reason.ShouldContain("no files that may hold rows with sequence >= 1000");
        (await fixture.RunAsync(runner, Of("sequence >>> 1"))).Attempts.ShouldBe(0);

        JobRequested Of(string filter)
        {
            var made = RunnerFixture.Request(filter);
            (made.Inputs[0].Table, made.Inputs[0].ToSnapshotId, made.Inputs[0].Filter) = (Frames.ToString(), last.Snapshot!.SnapshotId, filter);
            return made;
        }
    }

    private static async Task<AppendOutcome> AppendAsync(TableCatalogue catalogue, LocalObjectStore store, int number, RecordBatch[] batches)
    {
        var definition = new TableDefinition(SyntheticFrames.Schema, [], [], new Dictionary<string, string>());
        var table = await catalogue.EnsureAsync(Frames, definition, SchemaChangePolicy.Evolve, Stop);
        string key = $"raw/synchronised_frames/data/{number}.parquet";
        string path = new Uri(store.UriOf(key)).LocalPath;
        var written = await SummariseAsync(path, [.. batches.Select(batch => new RecordBatch(table.Schema, batch.Length, batch.Columns))]);
        var file = new DataFile { Uri = store.UriOf(key), RowCount = batches.Sum(batch => batch.Length), FileBytes = written.FileBytes, Partition = [], Columns = written.Columns };
        var set = new IngestSet(IngestId.Parse(RecordingId(number)), "fleet", "v1", "a1", [file]);
        return await catalogue.AppendAsync(Frames, new AppendRequest { Sets = [set] }, Stop);
    }
}
