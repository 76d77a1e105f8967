using System.Text.Json;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using YamlDotNet.Serialization;

namespace Mesh.Streaming.Tests.Topologies;

/// <summary>The JSON Schema is for editors; here ajv holds it against what the code accepts and refuses.</summary>
public class TopologySchemaTests
{
    private const string Header = "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: t }\n";

    private static readonly Dictionary<string, string> Valid = new()
    {
        ["header alone"] = Header,
        ["design example"] = Header + """
            source: { topic: fleet.uploads.v1, group: mesh.ingest }
            decode:
              channels:
                - { match: { schema: "sensor_msgs/*" } }
                - { match: { topic: "/camera/*" }, blobs: reference }
              onSchemaChange: evolve
              onCorrupt: deadLetter
            synchronise:
              - name: frames
                reference: { channel: /lidar/top }
                tolerance: 50ms
                clock: { estimate: true, truth: /gnss/time }
                inputs:
                  - { channel: /imu, policy: linear }
                  - { channel: /gnss/fix, policy: linear, maxAge: 200ms }
            partition: { by: [day(log_time), "bucket(16, vehicle_id)"], sortBy: [log_time], targetFileBytes: 256MiB }
            products:
              - { name: chassis.imu, from: { schema: sensor_msgs/msg/Imu }, contract: contracts/chassis.imu.odcs.yaml }
              - { name: perception.frames, from: { synchronise: frames } }
            triggers:
              - name: retrain-manoeuvre
                on: [chassis.imu]
                when: { newRows: 100000, newDuration: 1h }
                cooldown: 10m
                job: { trainer: builtin/manoeuvre, pool: cpu, gates: { accuracy: { min: 0.8, maxRegression: 0.01 } } }
            limits: { memory: 512MiB, parallelism: 2 }
            """,
        ["empty decode"] = Header + "decode:\n",
        ["bytes as a number"] = Header + "limits: { memory: 536870912 }\n",
    };

    /// <summary>Refused by the schema and by the sections that are read in this project.</summary>
    private static readonly Dictionary<string, string> Broken = new()
    {
        ["no kind"] = "apiVersion: mesh/v1\nmetadata: { name: t }\n",
        ["other version"] = Header.Replace("v1", "v9"),
        ["no name"] = "apiVersion: mesh/v1\nkind: Topology\nmetadata: { owner: x }\n",
        ["name in capitals"] = Header.Replace("name: t", "name: T"),
        ["unknown section"] = Header + "sync: []\n",
        ["unknown key in metadata"] = Header.Replace("name: t", "name: t, nme: x"),
        ["unknown key in source"] = Header + "source: { topics: a }\n",
        ["product without source"] = Header + "products:\n  - { name: a.b }\n",
        ["product with two sources"] = Header + "products:\n  - { name: a.b, from: { schema: S, synchronise: F } }\n",
        ["product with a bad name"] = Header + "products:\n  - { name: A b, from: { schema: S } }\n",
        ["limits without unit known"] = Header + "limits: { memory: 5 parsecs }\n",
        ["no parallelism"] = Header + "limits: { parallelism: 0 }\n",
    };

    /// <summary>In sections that the stages read; their own tests hold the code against the same mistakes.</summary>
    private static readonly Dictionary<string, string> BrokenInStages = new()
    {
        ["unknown policy"] = Header + "synchronise:\n  - { name: f, reference: { channel: a }, inputs: [{ channel: b, policy: cubic }] }\n",
        ["tolerance without unit"] = Header + "synchronise:\n  - { name: f, reference: { channel: a }, tolerance: 50, inputs: [{ channel: b }] }\n",
        ["unknown transform"] = Header + "partition: { by: [week(log_time)] }\n",
        ["bucket without number"] = Header + "partition: { by: [bucket(vehicle_id)] }\n",
        ["unknown corruption policy"] = Header + "decode: { onCorrupt: ignore }\n",
        ["rule without match"] = Header + "decode: { channels: [{ blobs: inline }] }\n",
        ["trigger without condition"] = Header + "triggers:\n  - { name: r, on: [p], when: {}, job: { trainer: builtin/x } }\n",
        ["trigger without trainer"] = Header + "triggers:\n  - { name: r, on: [p], when: { newRows: 1 }, job: { pool: cpu } }\n",
        ["gate with an unknown key"] = Header + "triggers:\n  - { name: r, on: [p], when: { newRows: 1 }, job: { trainer: x, gates: { a: { least: 1 } } } }\n",
    };

    [Fact]
    public async Task The_schema_accepts_the_valid_topologies_and_refuses_the_broken_ones()
    {
        using var folder = new TemporaryFolder();
        var documents = Valid.Concat(Broken).Concat(BrokenInStages).ToDictionary(pair => pair.Key, pair => AsJson(pair.Value));
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "topologies"), "*.yaml"))
        {
            if (!file.EndsWith(".test.yaml", StringComparison.Ordinal)) documents[Path.GetFileName(file)] = AsJson(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }

        await File.WriteAllTextAsync(folder["documents.json"], JsonSerializer.Serialize(documents), TestContext.Current.CancellationToken);
        var results = await NodeScript.RunAsync(
            "validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "topology.schema.json"), folder["documents.json"]);

        documents.ShouldContainKey("fleet-ingest.yaml");
        foreach (var result in results.EnumerateObject())
        {
            bool isBroken = Broken.ContainsKey(result.Name) || BrokenInStages.ContainsKey(result.Name);
            (result.Value.GetArrayLength() > 0).ShouldBe(isBroken, $"{result.Name}: {result.Value}");
        }
    }

    [Fact]
    public void The_code_agrees_with_the_schema_about_the_sections_it_reads()
    {
        foreach (var (name, yaml) in Valid) ErrorsOf(yaml).ShouldBeEmpty(name);
        foreach (var (name, yaml) in Broken) ErrorsOf(yaml).ShouldNotBeEmpty(name);
    }

    private static IReadOnlyList<TopologyError> ErrorsOf(string yaml)
    {
        var topology = Topology.Parse(yaml, "t.yaml");
        ProductsSection.Read(topology);
        LimitsSection.Read(topology);
        return topology.Errors.All;
    }

    private static JsonElement AsJson(string yaml)
    {
        object? document = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(yaml);
        return JsonSerializer.SerializeToElement(Convert(document));

        static object? Convert(object? value) => value switch
        {
            IDictionary<object, object?> mapping => mapping.ToDictionary(pair => pair.Key.ToString()!, pair => Convert(pair.Value)),
            IList<object?> list => list.Select(Convert).ToList(),
            _ => value,
        };
    }
}
