using System.Text.Json.Nodes;
using Mesh.Testing;
using Mesh.Training.Jobs;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests;

/// <summary>The JSON Schema in <c>schemas/</c>, held against what the runner writes by a validator somebody else wrote.</summary>
public sealed class JobSpecTests : IDisposable
{
    private readonly RunnerFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task What_the_runner_writes_is_what_the_schema_describes_and_what_a_trainer_reads()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        await fixture.RunAsync(runner, Request("first"));
        await fixture.RunAsync(runner, Request("second", """{"accuracy":{"min":0.8,"max_regression":0.01}}"""));
        string first = fixture.FolderOf(Request("first")).SpecFile;
        string second = fixture.FolderOf(Request("second")).SpecFile;

        var spec = JobSpec.Read(second);
        spec.Inputs[0].SnapshotId.ShouldBe(1L << 60);
        spec.Model.BaseVersion.ShouldBe(1);
        spec.Gates["accuracy"].ShouldBe(new JobGate { Min = 0.8, MaxRegression = 0.01 });

        // Each change breaks one thing; the schema must notice.
        var changes = new Action<JsonObject>[]
        {
            json => json["schema"] = "mesh.job/v2",
            json => json.Remove("inputs"),
            json => json["surprise"] = 1,
            json => json["attempt"] = 0,
            json => json["inputs"]![0]!["snapshot_id"] = 5,
            json => json["inputs"]![0]!["files"] = new JsonArray(),
            json => json["gates"]!["accuracy"]!["max"] = 1,
            json => json["hyperparameters"]!["lr"] = 0.1,
            json => json["model"]!["name"] = "../x",
        };
        var documents = new JsonObject
        {
            ["first"] = JsonNode.Parse(await File.ReadAllTextAsync(first, Stop)),
            ["second"] = JsonNode.Parse(await File.ReadAllTextAsync(second, Stop)),
        };
        for (int i = 0; i < changes.Length; i++)
        {
            var json = JsonNode.Parse(await File.ReadAllTextAsync(second, Stop))!.AsObject();
            changes[i](json);
            documents[$"broken-{i}"] = json;
        }

        await File.WriteAllTextAsync(fixture["documents.json"], documents.ToJsonString(), Stop);
        string schema = Path.Combine(Repository.Root, "schemas", "job.schema.json");
        var errors = await NodeScript.RunAsync("validate-schema.mjs", schema, fixture["documents.json"]);

        foreach (var document in errors.EnumerateObject())
        {
            (document.Value.GetArrayLength() == 0).ShouldBe(!document.Name.StartsWith("broken", StringComparison.Ordinal), $"{document.Name}: {document.Value}");
        }
    }

    [Fact]
    public void The_same_trigger_trainer_hyperparameters_and_code_are_the_same_job()
    {
        var hyperparameters = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" };
        string id = JobId.Compute("t", "builtin/manoeuvre", hyperparameters, "1");

        JobId.Compute("t", "builtin/manoeuvre", hyperparameters.Reverse(), "1").ShouldBe(id);
        string[] others =
        [
            JobId.Compute("u", "builtin/manoeuvre", hyperparameters, "1"),
            JobId.Compute("t", "builtin/other", hyperparameters, "1"),
            JobId.Compute("t", "builtin/manoeuvre", new Dictionary<string, string> { ["a"] = "1", ["b"] = "3" }, "1"),
            JobId.Compute("t", "builtin/manoeuvre", new Dictionary<string, string> { ["a1"] = "", ["b"] = "2" }, "1"),
            JobId.Compute("t", "builtin/manoeuvre", hyperparameters, "2"),
            JobId.Compute("t", "builtin/manoeuvre", hyperparameters, "1", Mesh.Model.JobKind.Finetune),
        ];
        others.Append(id).ShouldBeUnique();
    }
}
