using System.Text.Json;
using Mesh.Commands.Topologies;
using Mesh.Commands.Topologies.Testing;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Topologies;

/// <summary>Every topology in the tree has a test, and every test passes: what <c>mesh topology test</c> does, case by case.</summary>
public sealed class TopologyFilesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "topologies");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (string path in Directory.GetFiles(Folder, "*.test.yaml").Order(StringComparer.Ordinal))
        {
            foreach (var item in TopologyTestFile.Load(path).Cases) cases.Add(Path.GetFileName(path), item.Name);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_topology_makes_of_recordings_what_its_test_says(string file, string name)
    {
        var test = TopologyTestFile.Load(Path.Combine(Folder, file));
        var result = await TopologyTestRunner.RunAsync(test, test.Cases.Single(item => item.Name == name), TimeProvider.System, Token);
        result.Differences.ShouldBeEmpty();
        result.Passed.ShouldBeTrue();
    }

    [Fact]
    public void Every_topology_is_valid_and_has_a_test()
    {
        string[] topologies = [.. Directory.GetFiles(Folder, "*.yaml").Where(file => !file.EndsWith(".test.yaml", StringComparison.Ordinal))];
        topologies.Length.ShouldBeGreaterThanOrEqualTo(3);
        foreach (string file in topologies)
        {
            TopologyPlan.Load(file);
            TopologyTestFile.Load(file).Cases.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task A_test_that_expects_something_else_says_what_there_was()
    {
        var test = TopologyTestFile.Parse(
            """
            apiVersion: mesh/v1
            kind: TopologyTest
            topology: can-bus.yaml
            cases:
              - name: wrong in every respect
                uploads:
                  - channels: [{ topic: /steering, schema: mesh_msgs/msg/Steering, fields: { angle: number } }]
                    messages:
                      - { topic: /steering, value: { angle: 0.5 } }
                      - { topic: /steering, at: 10ms, text: "not JSON" }
                expect:
                  duplicates: 1
                  deadLetters: { MESH2101: 7 }
                  absent: [powertrain.steering]
                  products:
                    powertrain.steering: { rows: 2, maxMatchErrorMs: 1, columns: [angle, torque], rowsLike: [{ angle: 0.25, channel: /steering }] }
                    powertrain.wheel-speeds: { rows: 1 }
                    nobody.knows: { rows: 1 }
            """,
            Path.Combine(Folder, "wrong.test.yaml"));
        var result = await TopologyTestRunner.RunAsync(test, test.Cases[0], TimeProvider.System, Token);

        result.Passed.ShouldBeFalse();
        result.Differences.Count.ShouldBe(9);
        result.Differences.ShouldContain("expected 1 duplicates, found 0");
        result.Differences.ShouldContain(difference => difference.StartsWith("expected dead letters 7 of MESH2101, found 1 of ", StringComparison.Ordinal));
        result.Differences.ShouldContain("powertrain.steering: expected 2 rows, found 1");
        result.Differences.ShouldContain("powertrain.steering: there is no column torque");
        result.Differences.ShouldContain("powertrain.steering: no row has a matched sample, so there is no match error to compare");
        result.Differences.ShouldContain("powertrain.steering: no row is like {\"angle\":0.25,\"channel\":\"/steering\"}; the nearest has angle 0.5, channel \"/steering\"");
        result.Differences.ShouldContain("powertrain.wheel-speeds: there is no table powertrain.mesh_msgs_wheelspeeds");
        result.Differences.ShouldContain("nobody.knows is neither a product of the topology nor a table (NAMESPACE.NAME)");
        result.Differences.ShouldContain("powertrain.steering: expected no table, but there is powertrain.mesh_msgs_steering");
    }

    private static readonly Dictionary<string, string> Broken = new()
    {
        ["no cases"] = "apiVersion: mesh/v1\nkind: TopologyTest\n",
        ["another kind"] = Case("uploads: [{ simulate: {} }]", "expect: {}").Replace("TopologyTest", "Topology", StringComparison.Ordinal),
        ["no expectation"] = Case("uploads: [{ simulate: {} }]", ""),
        ["no uploads"] = Case("uploads: []", "expect: {}"),
        ["two sources"] = Case("uploads: [{ simulate: {}, file: a.mcap }]", "expect: {}"),
        ["unknown format"] = Case("uploads: [{ simulate: { format: csv } }]", "expect: {}"),
        ["duration without unit"] = Case("uploads: [{ simulate: { duration: 10 } }]", "expect: {}"),
        ["none at all"] = Case("uploads: [{ simulate: {}, times: 0 }]", "expect: {}"),
        ["more than the whole"] = Case("uploads: [{ simulate: {}, keep: 2 }]", "expect: {}"),
        ["unknown field type"] = Case("uploads: [{ channels: [{ topic: a, schema: b, fields: { x: float } }], messages: [] }]", "expect: {}"),
        ["message without a payload"] = Case("uploads: [{ channels: [{ topic: a, schema: b, fields: { x: number } }], messages: [{ topic: a }] }]", "expect: {}"),
        ["unknown expectation"] = Case("uploads: [{ simulate: {} }]", "expect: { rows: 1 }"),
        ["unknown expectation of a product"] = Case("uploads: [{ simulate: {} }]", "expect: { products: { a.b: { row: 1 } } }"),
        ["unknown expectation of a trigger"] = Case("uploads: [{ simulate: {} }]", "expect: { triggers: { r: { fired: 1, rows: 1 } } }"),
        ["trigger without a number"] = Case("uploads: [{ simulate: {} }]", "expect: { triggers: { r: { newRows: 1 } } }"),
        ["a row that is none"] = Case("uploads: [{ simulate: {} }]", "expect: { products: { a.b: { rowsLike: [1] } } }"),
    };

    [Fact]
    public async Task The_schema_of_tests_accepts_those_in_the_tree_and_refuses_what_the_code_refuses()
    {
        using var folder = new TemporaryFolder();
        var documents = Broken.ToDictionary(pair => pair.Key, pair => AsJson(pair.Value));
        string[] valid = [.. Directory.GetFiles(Folder, "*.test.yaml")];
        foreach (string file in valid) documents[Path.GetFileName(file)] = AsJson(await File.ReadAllTextAsync(file, Token));
        await File.WriteAllTextAsync(folder["documents.json"], JsonSerializer.Serialize(documents), Token);
        var results = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "topology-test.schema.json"), folder["documents.json"]);

        valid.Length.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var result in results.EnumerateObject())
        {
            (result.Value.GetArrayLength() > 0).ShouldBe(Broken.ContainsKey(result.Name), $"{result.Name}: {result.Value}");
        }

        foreach (var (name, yaml) in Broken)
        {
            Should.Throw<MeshException>(() => TopologyTestFile.Parse(yaml, "t.test.yaml"), name).Code.ShouldBe("MESH2320", name);
        }
    }

    private static string Case(string uploads, string expect) =>
        $"apiVersion: mesh/v1\nkind: TopologyTest\ncases:\n  - name: c\n    {uploads}\n" + (expect.Length > 0 ? $"    {expect}\n" : "");

    private static JsonElement AsJson(string yaml)
    {
        var errors = new TopologyErrors("t.yaml");
        return JsonSerializer.SerializeToElement(TopologyNode.Load(yaml, errors)!.ToJson());
    }
}
