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
                - { match: { schema: "sensor_msgs/*", vehicle: "V1*" }, onSchemaChange: refuse }
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
        ["synchronise in full"] = Header + """
            synchronise:
              - name: rate
                reference: { rate: 29.97Hz }
                keepUnmatched: true
                inputs:
                  - { channel: /imu, policy: linear, latency: -2.5ms, fields: { orientation: { as: quaternion, order: wxyz, maxRate: 7 }, heading: { as: angle, period: 2pi } } }
                  - { channel: /can, policy: next, tolerance: 5ms, maxAge: 10ms }
              - name: events
                reference: { events: /camera/trigger, when: { field: state, equals: 1, on: every }, latency: 8ms }
                inputs: [{ channel: /camera/front }]
              - name: sets
                match: { policy: optimal, tolerance: 30ms }
                inputs: [{ channel: /a }, { channel: /b }, { channel: /imu, policy: linear }]
            """,
        ["version, namespace and start"] = Header.Replace("name: t", "name: t, version: 2") + "source: { from: earliest }\npartition: { namespace: fleet_a }\n",
        ["rows on a topic as telemetry"] = Header + "products: [{ name: a.b, from: { schema: S }, publish: { topic: a.b.messages.v1, as: telemetry } }]\n",
        ["rows on a topic"] = Header + "products: [{ name: a.b, from: { schema: S }, publish: { topic: a.b.rows.v1 } }]\n",
        ["empty decode"] = Header + "decode:\n",
        ["largest message"] = Header + "limits: { memory: 1GiB, maxMessage: 200MiB }\n",
        ["a trigger with everything"] = Header + """
            triggers:
              - name: r
                on: [p]
                filter: { vehicle_id: [V1, V2], speed: { min: 3 } }
                when:
                  all:
                    newVehicles: 3
                    labels: { column: m.label, atLeast: { cut_in: 200 } }
                    any: { newRows: 5, drift: [{ column: s, above: 0.2 }, { column: t, measure: ks, above: 0.1 }] }
                schedule: { days: [mon, fri], from: "22:00", to: "06:00", timeZone: Europe/Berlin }
                debounce: { quiet: 10m, maxWait: 2h }
                budget: { jobs: 4, hours: 2.5, per: 7d }
                job: { trainer: t }
              - { name: s, join: [p, { product: q, filter: "a > 1", when: { newRows: 1 } }], when: { newRows: 5 }, debounce: 5m, job: { trainer: t } }

            """,
        ["bytes as a number"] = Header + "limits: { memory: 536870912 }\n",
    };

    /// <summary>Refused by the schema and by the sections that are read in this project.</summary>
    private static readonly Dictionary<string, string> Broken = new()
    {
        ["no kind"] = "apiVersion: mesh/v1\nmetadata: { name: t }\n",
        ["other version"] = Header.Replace("v1", "v9"),
        ["no name"] = "apiVersion: mesh/v1\nkind: Topology\nmetadata: { owner: x }\n",
        ["name in capitals"] = Header.Replace("name: t", "name: T"),
        ["version zero"] = Header.Replace("name: t", "name: t, version: 0"),
        ["namespace of the system"] = Header + "partition: { namespace: mesh }\n",
        ["unknown start"] = Header + "source: { from: latest }\n",
        ["rows on a topic of events"] = Header + "products: [{ name: a.b, from: { schema: S }, publish: { topic: lake.files-written.v1 } }]\n",
        ["rows on a topic as something else"] = Header + "products: [{ name: a.b, from: { schema: S }, publish: { topic: a.b.rows.v1, as: avro } }]\n",
        ["rows on no topic"] = Header + "products: [{ name: a.b, from: { schema: S }, publish: {} }]\n",
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
        ["trigger with on and join"] = Header + "triggers:\n  - { name: r, on: [p], join: [p, q], when: { newRows: 1 }, job: { trainer: x } }\n",
        ["trigger that joins one product"] = Header + "triggers:\n  - { name: r, join: [p], when: { newRows: 1 }, job: { trainer: x } }\n",
        ["trigger with a weekday nobody knows"] = Header + "triggers:\n  - { name: r, on: [p], when: { newRows: 1 }, schedule: { days: [monday] }, job: { trainer: x } }\n",
        ["trigger with labels without quotas"] = Header + "triggers:\n  - { name: r, on: [p], when: { labels: { column: c } }, job: { trainer: x } }\n",
        ["trigger with drift without a limit"] = Header + "triggers:\n  - { name: r, on: [p], when: { drift: { column: c } }, job: { trainer: x } }\n",
        ["trigger with a budget of nothing"] = Header + "triggers:\n  - { name: r, on: [p], when: { newRows: 1 }, budget: { per: 1d }, job: { trainer: x } }\n",
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
