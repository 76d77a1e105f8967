using System.Text.Json.Nodes;
using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Training.Tests.Governance;

/// <summary>The schema for editors, held against the shipped file and against broken ones with ajv.</summary>
public sealed class LifecycleSchemaTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_schema_takes_the_shipped_lifecycle_and_refuses_broken_ones()
    {
        string yaml = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "governance", "lifecycle.yaml"), TestContext.Current.CancellationToken);
        var documents = new JsonObject { ["shipped"] = ToJson(yaml), ["simple"] = ToJson(GovernanceFixture.Simple) };
        (string Part, string Instead)[] broken =
        [
            ("kind: Lifecycle", "kind: Topology"), ("states: [candidate, rejected,", "states: [candidate,"), ("gate: consent", "gate: consnet"), ("people: 2", "people: 0"),
            ("gate: metric, metric: accuracy, min: 0.6", "gate: metric, metric: accuracy"), ("maxRegression: 0.05", "maxRegression: -1"), ("rollback:", "rolback:"),
        ];
        for (int i = 0; i < broken.Length; i++)
        {
            yaml.ShouldContain(broken[i].Part);
            documents[$"broken-{i}"] = ToJson(yaml.Replace(broken[i].Part, broken[i].Instead));
        }

        await File.WriteAllTextAsync(folder["documents.json"], documents.ToJsonString(), TestContext.Current.CancellationToken);
        var errors = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "lifecycle.schema.json"), folder["documents.json"]);

        foreach (var document in errors.EnumerateObject())
        {
            (document.Value.GetArrayLength() == 0).ShouldBe(!document.Name.StartsWith("broken", StringComparison.Ordinal), $"{document.Name}: {document.Value}");
        }
    }

    private static JsonNode? ToJson(string yaml) => TopologyNode.Load(yaml, new TopologyErrors("lifecycle.yaml"))!.ToJson();
}
