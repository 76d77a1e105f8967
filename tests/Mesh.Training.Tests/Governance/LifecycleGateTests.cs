using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Models;

namespace Mesh.Training.Tests.Governance;

public sealed class LifecycleGateTests : IDisposable
{
    private const string Evaluation =
        """
        {"schema":"mesh.evaluation/v1",
         "slices":{"vehicle_id":{"V1":{"accuracy":0.95,"count":40},"V2":{"accuracy":0.55,"count":3}},"weather":{"dry":{"accuracy":0.9,"count":43}}},
         "robustness":{"accuracy_with_noise":0.7}}
        """;

    private readonly GovernanceFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData("{ gate: metric, metric: accuracy, min: 0.9 }", "passed", "accuracy is 0.9, asked for is at least 0.9")]
    [InlineData("{ gate: metric, metric: accuracy, max: 0.8 }", "failed", "asked for is at most 0.8")]
    [InlineData("{ gate: metric, metric: note_free, min: 1, max: 2 }", "passed", "asked for is 1 to 2")]
    [InlineData("{ gate: metric, metric: f1, min: 0.1 }", "not evaluated", "the trainer reported no f1")]
    [InlineData("{ gate: metric, metric: accuracy, min: 0.1, holdout: winter }", "not evaluated", "no frozen hold-out 'winter'")]
    [InlineData("{ gate: slices, by: weather, metric: accuracy, min: 0.8 }", "passed", "accuracy where weather is dry is 0.9")]
    [InlineData("{ gate: slices, by: vehicle_id, metric: accuracy, min: 0.8 }", "failed", "accuracy where vehicle_id is V2 is 0.55")]
    [InlineData("{ gate: slices, by: vehicle_id, metric: accuracy, min: 0.5, minSamples: 10 }", "not evaluated", "3 samples are fewer than the 10 needed")]
    [InlineData("{ gate: slices, by: weather, metric: accuracy, min: 0.5, require: [rain] }", "not evaluated", "0 samples are fewer than the 1 needed")]
    [InlineData("{ gate: slices, by: country, metric: accuracy, min: 0.5 }", "not evaluated", "the trainer reported nothing by country")]
    [InlineData("{ gate: slices, by: weather, metric: recall, min: 0.5 }", "not evaluated", "the trainer reported no recall for it")]
    [InlineData("{ gate: robustness, metric: accuracy_with_noise, min: 0.7 }", "passed", "accuracy_with_noise is 0.7")]
    [InlineData("{ gate: robustness, metric: accuracy_with_noise, min: 0.71 }", "failed", "accuracy_with_noise is 0.7")]
    [InlineData("{ gate: robustness, metric: accuracy_in_fog, min: 0.1 }", "not evaluated", "the trainer reported no accuracy_in_fog")]
    [InlineData("{ gate: dataQuality, maxLosses: 0 }", "not evaluated", "of 1 recordings it saw there is no account")]
    [InlineData("{ gate: consent }", "passed", "consent holds for all 1 recordings")]
    [InlineData("{ gate: artifact }", "passed", "the file is the one that was registered")]
    public async Task A_gate_passes_fails_or_could_not_be_evaluated_and_only_the_first_lets_through(string gate, string outcome, string reason)
    {
        await fixture.AddPeopleAsync();
        fixture.Report(Evaluation);
        int version = await fixture.TrainAsync();
        fixture.OpenWith(gate);

        var report = await fixture.Governance.EvaluateAsync("manoeuvre", version, "validated", Stop);

        report.Findings.ShouldContain(finding => Word(finding.Outcome) == outcome && finding.Reason.Contains(reason), string.Join('\n', report.Findings));
        report.Passed.ShouldBe(outcome == "passed");
        if (outcome == "passed") await fixture.PromoteAsync(version, "validated", "erin");
        else (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin"), "MESH9624")).ShouldContain(reason);
        (await fixture.Governance.VerifyAsync(null, null, Stop)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_evaluation_no_gate_that_reads_it_passes()
    {
        int version = await fixture.TrainAsync();
        fixture.OpenWith("{ gate: slices, by: weather, metric: accuracy, min: 0.1 }, { gate: robustness, metric: accuracy_with_noise, min: 0.1 }");

        var report = await fixture.Governance.EvaluateAsync("manoeuvre", version, "validated", Stop);

        report.Findings.Select(finding => (finding.Outcome, finding.Blocks)).ShouldBe([(GateOutcome.NotEvaluated, true), (GateOutcome.NotEvaluated, true)]);
    }

    [Fact]
    public async Task A_regression_is_measured_against_the_released_version_and_not_against_the_newest()
    {
        await fixture.AddPeopleAsync();
        int first = await fixture.TrainAsync(0.90);
        (await fixture.Governance.EvaluateAsync("manoeuvre", first, "validated", Stop)).Findings
            .ShouldContain(finding => finding.Gate == "regression" && finding.Outcome == GateOutcome.NotEvaluated && !finding.Blocks);
        await fixture.ReleaseAsync(first);
        int better = await fixture.TrainAsync(0.99);
        int worse = await fixture.TrainAsync(0.84);
        int within = await fixture.TrainAsync(0.85);

        (await fixture.RefusalOf(() => fixture.PromoteAsync(worse, "validated", "erin"), "MESH9624")).ShouldContain("accuracy is 0.84, the released version 1 has 0.9");
        await fixture.PromoteAsync(within, "validated", "erin");
        await fixture.PromoteAsync(better, "validated", "erin");
    }

    [Fact]
    public async Task Damage_and_dead_letters_of_the_recordings_are_held_against_their_bounds()
    {
        var id = IngestId.Parse(RunnerFixture.Recording);
        await fixture.Recordings.TryAddAsync(
            new RecordingEntry
            {
                IngestId = id, VehicleId = "V1", FileName = "a.mcap", Uri = "file:///a", SizeBytes = 1, ContentSha256 = new string('0', 64), AcceptedAt = DateTimeOffset.UnixEpoch,
            },
            _ => Task.CompletedTask, Stop);
        await fixture.Database.WriteAsync(
            transaction => fixture.Recordings.SetAccountAsync(
                transaction, id,
                new RecordingAccountEntry(1000, 980, 20, 0, 0, [new DataLoss("MESH10001", 5, 7, "a", "b"), new DataLoss("MESH10001", 50, 7, "a", "b")], [], [], "fleet", "1")),
            Stop);
        int version = await fixture.TrainAsync();

        fixture.OpenWith("{ gate: dataQuality, maxLosses: 2, maxDeadLetterShare: 0.02 }");
        (await fixture.Governance.EvaluateAsync("manoeuvre", version, "validated", Stop)).Findings.Select(finding => (finding.Value, finding.Outcome))
            .ShouldBe([("2", GateOutcome.Passed), ("0.02", GateOutcome.Passed)]);
        fixture.OpenWith("{ gate: dataQuality, maxLosses: 1, maxDeadLetterShare: 0.019 }");
        (await fixture.Governance.EvaluateAsync("manoeuvre", version, "validated", Stop)).Findings.ShouldAllBe(finding => finding.Outcome == GateOutcome.Failed && finding.Blocks);
    }

    [Fact]
    public async Task A_model_that_saw_a_withdrawn_recording_is_stopped_with_the_list_and_one_that_names_none_cannot_be_judged()
    {
        await fixture.AddPeopleAsync();
        int seen = await fixture.TrainAsync();
        int silent = await fixture.TrainAsync(change: card => card["inputs"] = Array.Empty<object>());
        await fixture.WithdrawAsync("sam", RunnerFixture.Recording);

        var finding = (await fixture.Governance.EvaluateAsync("manoeuvre", seen, "validated", Stop)).Findings.Single(one => one.Gate == "consent");
        (finding.Outcome, finding.Blocks).ShouldBe((GateOutcome.Failed, true));
        finding.Recordings.ShouldBe([RunnerFixture.Recording]);
        (await fixture.RefusalOf(() => fixture.PromoteAsync(silent, "validated", "erin"), "MESH9624")).ShouldContain("the trainer named no recordings");
    }

    [Fact]
    public async Task A_model_whose_file_was_swapped_is_stopped()
    {
        await fixture.AddPeopleAsync();
        int version = await fixture.TrainAsync();
        fixture.OpenWith("{ gate: artifact }");
        File.AppendAllText(fixture.Models["models", "manoeuvre", "1", "model.onnx"], "more");

        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin"), "MESH9624")).ShouldContain("artifact failed: the file is not the one that was registered");
        File.Delete(fixture.Models["models", "manoeuvre", "1", "model.onnx"]);
        (await fixture.RefusalOf(() => fixture.PromoteAsync(version, "validated", "erin"), "MESH9624")).ShouldContain("artifact not evaluated");
    }

    [Fact]
    public async Task A_hold_out_is_frozen_with_its_files_and_stops_models_that_saw_it()
    {
        await fixture.AddPeopleAsync();
        var store = new LocalObjectStore(fixture.Models["lake"]);
        var tables = new TableCatalogue(fixture.Database, store, TimeProvider.System);
        var table = await WriteTableAsync(tables, store);
        long snapshot = table.CurrentSnapshot!.SnapshotId;
        fixture.OpenWith("{ gate: holdout }, { gate: metric, metric: accuracy, min: 0.8, holdout: winter }", store);
        int leaky = await fixture.TrainAsync();

        var other = await fixture.Governance.FreezeAsync(tables, "winter", table.Identifier, snapshot, "vehicle_id = 'V2'", Stop);
        other.Recordings.ShouldBe([new string('b', 64)]);
        other.Files.ShouldHaveSingleItem().Sha256.Length.ShouldBe(64);
        (await fixture.RefusalOf(() => fixture.Governance.FreezeAsync(tables, "winter", table.Identifier, snapshot, "", Stop), "MESH9640")).ShouldContain("does not change");
        (await fixture.RefusalOf(() => fixture.Governance.FreezeAsync(tables, "none", table.Identifier, snapshot, "vehicle_id = 'V9'", Stop), "MESH9641")).ShouldContain("nothing to freeze");
        fixture.Report("""{"holdouts":{"winter":{"digest":"DIGEST","metrics":{"accuracy":0.85}}}}""".Replace("DIGEST", other.Digest));
        int clean = await fixture.TrainAsync();
        (await fixture.Governance.EvaluateAsync("manoeuvre", clean, "validated", Stop)).Findings.Select(finding => (finding.Gate, finding.Outcome, finding.Value))
            .ShouldBe([("holdout", GateOutcome.Passed, "0"), ("metric", GateOutcome.Passed, "0.85")]);
        fixture.Report("""{"holdouts":{"winter":{"digest":"of other data","metrics":{"accuracy":0.99}}}}""");
        int elsewhere = await fixture.TrainAsync();
        (await fixture.RefusalOf(() => fixture.PromoteAsync(elsewhere, "validated", "erin"), "MESH9624")).ShouldContain("version 3 was not evaluated on the hold-out 'winter'");

        await fixture.Governance.FreezeAsync(tables, "summer", table.Identifier, snapshot, "vehicle_id = 'V1'", Stop);
        (await fixture.RefusalOf(() => fixture.PromoteAsync(leaky, "validated", "erin"), "MESH9624")).ShouldContain("holdout failed: it saw 1 of the 1 recordings of the hold-out");

        // The job of a later version is told to leave both out.
        await fixture.TrainAsync();
        var spec = Directory.GetFiles(fixture.Models["jobs"], "spec.json", SearchOption.AllDirectories).Select(Jobs.JobSpec.Read).MaxBy(one => one.Holdouts.Count)!;
        spec.Holdouts.Select(holdout => (holdout.Name, holdout.Recordings[0][0])).ShouldBe([("summer", 'a'), ("winter", 'b')]);

        string file = new Uri(other.Files[0].Uri).LocalPath;
        File.SetAttributes(file, FileAttributes.Normal);
        await File.AppendAllTextAsync(file, "x", Stop);
        (await fixture.RefusalOf(() => fixture.PromoteAsync(clean, "validated", "erin"), "MESH9624")).ShouldContain("of the hold-out is not what was frozen");
    }

    private static async Task<Table> WriteTableAsync(TableCatalogue tables, LocalObjectStore store)
    {
        var schema = new Schema([new Field("recording_id", DataType.Utf8, Nullable: false), new Field("vehicle_id", DataType.Utf8, Nullable: false)]);
        var identifier = new TableIdentifier("raw", "frames");
        var table = await tables.EnsureAsync(identifier, new TableDefinition(schema, [], [], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, Stop);
        var builder = new StructBuilder(table.Schema.AsStruct());
        foreach (var (recording, vehicle) in ((char, string)[])[('a', "V1"), ('a', "V1"), ('b', "V2")])
        {
            ((BinaryBuilder)builder.Children[0]).Append(new string(recording, 64));
            ((BinaryBuilder)builder.Children[1]).Append(vehicle);
            builder.EndStruct();
        }

        const string key = "raw/frames/data/part-1.parquet";
        await using var writer = await store.CreateAsync(key, PutMode.IfAbsent, Stop);
        await using var parquet = new ParquetWriter(writer.Stream, table.Schema, new ParquetWriterOptions());
        await parquet.WriteAsync(builder.BuildBatch(), Stop);
        var summary = await parquet.CompleteAsync(Stop);
        await writer.CompleteAsync(Stop);
        var file = new DataFile { Uri = store.UriOf(key), RowCount = 3, FileBytes = summary.FileBytes, Partition = [], Columns = summary.Columns, SplitOffsets = summary.SplitOffsets };
        await tables.AppendAsync(identifier, new AppendRequest { Sets = [new IngestSet(IngestId.Parse(new string('a', 64)), "fleet", "1", "attempt-1", [file])] }, Stop);
        return await tables.LoadAsync(identifier, Stop);
    }

    private static string Word(GateOutcome outcome) => outcome switch
    {
        GateOutcome.Passed => "passed",
        GateOutcome.Failed => "failed",
        _ => "not evaluated",
    };
}
