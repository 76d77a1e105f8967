using System.Text;
using System.Text.Json.Nodes;
using Mesh.Formats;
using Mesh.Simulation;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>Reads a test's YAML; what is wrong is added to the errors.</summary>
internal static class TopologyTestReader
{
    private static readonly string[] FieldTypes = ["number", "integer", "string", "boolean", "bytes"];

    private static readonly Dictionary<string, RecordingFormat> Formats = new()
    {
        ["mcap"] = RecordingFormat.Mcap, ["mdf4"] = RecordingFormat.Mdf4, ["rosbag1"] = RecordingFormat.Ros1Bag,
    };

    public static (string Topology, IReadOnlyList<TopologyTestCase> Cases) Read(string yaml, string path, TopologyErrors errors)
    {
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        string beside = Path.GetFileName(path).Replace(TopologyTestFile.Extension, ".yaml", StringComparison.Ordinal);
        if (TopologyNode.Load(yaml, errors) is not { } root) return ("", []);
        root.AllowKeys("apiVersion", "kind", "topology", "cases");
        RequireWord(root, "apiVersion", "mesh/v1");
        RequireWord(root, "kind", "TopologyTest");
        var cases = new List<TopologyTestCase>();
        if (root.Get("cases") is { } items)
        {
            foreach (var item in items.Items)
            {
                var read = ReadCase(item, folder);
                if (cases.Exists(other => other.Name == read.Name)) item.Report($"There is another case '{read.Name}'; give each its own name.");
                cases.Add(read);
            }
        }

        if (cases.Count == 0) root.Report("The test needs 'cases' with at least one case.");
        return (Path.Combine(folder, root.GetText("topology", beside)), cases);
    }

    private static TopologyTestCase ReadCase(TopologyNode node, string folder)
    {
        node.AllowKeys("name", "uploads", "expect");
        var uploads = (node.Get("uploads")?.Items ?? []).Select(item => ReadUpload(item, folder)).ToList();
        if (uploads.Count == 0) node.Report($"{node.Path} needs 'uploads' with at least one recording.");
        return new TopologyTestCase(node.RequireText("name"), node.Line, uploads, ReadExpectation(node));
    }

    private static TestUpload ReadUpload(TopologyNode node, string folder)
    {
        node.AllowKeys("vehicle", "times", "keep", "simulate", "file", "channels", "messages");
        var (simulate, file, messages) = (node.Get("simulate"), node.Get("file"), node.Get("messages"));
        if (new[] { simulate, file, messages }.Count(source => source is not null) != 1) node.Report($"{node.Path} needs one of 'simulate', 'file' and 'messages'.");
        long times = node.GetInteger("times", 1);
        if (times is < 1 or > 100) node.Get("times")!.Report("'times' must be from 1 to 100.");
        double keep = node.GetNumber("keep", 1);
        if (keep is <= 0 or > 1) node.Get("keep")!.Report("'keep' must be above 0 and at most 1, for example 0.6.");
        var drive = simulate is null ? null : ReadDrive(simulate);
        var channels = (node.Get("channels")?.Items ?? []).Select(ReadChannel).ToList();
        return new TestUpload(
            drive?.VehicleId ?? node.GetText("vehicle", "V1"), (int)times, keep, drive, file is null ? null : Path.Combine(folder, file.AsText()), channels,
            messages is null ? null : [.. messages.Items.Select(item => ReadMessage(item, channels)).OfType<TestMessage>()]);
    }

    private static DriveOptions ReadDrive(TopologyNode node)
    {
        node.AllowKeys("format", "duration", "seed", "vehicle", "schema");
        string format = node.GetText("format", "mcap");
        if (!Formats.ContainsKey(format)) node.Get("format")!.Report($"'{format}' is none of {string.Join(", ", Formats.Keys)}.");
        return new DriveOptions
        {
            Format = Formats.GetValueOrDefault(format),
            Duration = TimeSpan.FromTicks(node.GetDurationNs("duration", 10_000_000_000) / TimeSpan.NanosecondsPerTick),
            Seed = node.GetInteger("seed", 1),
            VehicleId = node.GetText("vehicle", "V1"),
            Schema = node.GetChoice("schema", DriveSchema.Ros2),
        };
    }

    private static TestChannel ReadChannel(TopologyNode node)
    {
        node.AllowKeys("topic", "schema", "fields");
        var definition = node.Get("fields") is { } fields ? ReadFields(fields) : new JsonObject { ["type"] = "object" };
        if (node.Get("fields") is null) node.Report($"{node.Path} needs 'fields', for example fields: {{ angle: number }}.");
        return new TestChannel(node.RequireText("topic"), node.RequireText("schema"), definition);
    }

    private static JsonObject ReadFields(TopologyNode node)
    {
        var properties = new JsonObject();
        foreach (string name in node.Keys)
        {
            if (node.Get(name) is not { } field) continue;
            properties[name] = ReadType(field);
        }

        return new JsonObject { ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject ReadType(TopologyNode node)
    {
        switch (node.ToJson())
        {
            case JsonObject:
                return ReadFields(node);
            case JsonArray { Count: 1 }:
                return new JsonObject { ["type"] = "array", ["items"] = ReadType(node.Items[0]) };
            case JsonValue value when FieldTypes.Contains(value.ToString()):
                return value.ToString() == "bytes" ? new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" } : new JsonObject { ["type"] = value.ToString() };
            default:
                node.Report($"{node.Path} must be one of {string.Join(", ", FieldTypes)}, a mapping of fields, or a list with the type of its items.");
                return [];
        }
    }

    private static TestMessage? ReadMessage(TopologyNode node, IReadOnlyList<TestChannel> channels)
    {
        node.AllowKeys("topic", "at", "value", "text");
        string topic = node.RequireText("topic");
        var (value, text) = (node.Get("value"), node.Get("text"));
        if (value is null == text is null) node.Report($"{node.Path} needs either 'value', which is written as JSON, or 'text', which is written as it is.");
        var channel = channels.FirstOrDefault(candidate => candidate.Topic == topic);
        if (channel is null) node.Report($"There is no channel '{topic}' under 'channels'.");
        byte[] payload = Encoding.UTF8.GetBytes(text?.AsText() ?? value?.ToJson()?.ToJsonString() ?? "");
        return channel is null ? null : new TestMessage(channel, node.GetDurationNs("at", 0), payload);
    }

    private static TestExpectation ReadExpectation(TopologyNode node)
    {
        var products = new Dictionary<string, ProductExpectation>();
        var byCode = new Dictionary<string, long>();
        if (node.Get("expect") is not { } expect)
        {
            node.Report($"{node.Path} needs 'expect', for example expect: {{ products: {{ chassis.imu: {{ rows: 1000 }} }} }}.");
            return new TestExpectation(0, null, byCode, products, [], new Dictionary<string, TriggerExpectation>());
        }

        expect.AllowKeys("duplicates", "deadLetters", "products", "absent", "triggers");
        var letters = expect.Get("deadLetters");
        bool isByCode = letters?.ToJson() is JsonObject;
        if (isByCode)
        {
            foreach (string code in letters!.Keys) byCode[code] = letters.GetInteger(code, 0);
        }

        if (expect.Get("products") is { } named)
        {
            foreach (string name in named.Keys)
            {
                if (named.Get(name) is { } product) products[name] = ReadProduct(product);
            }
        }

        return new TestExpectation(
            expect.GetInteger("duplicates", 0), isByCode ? null : expect.GetInteger("deadLetters", 0), byCode, products,
            [.. (expect.Get("absent")?.Items ?? []).Select(item => item.AsText())], ReadTriggers(expect));
    }

    private static Dictionary<string, TriggerExpectation> ReadTriggers(TopologyNode expect)
    {
        var triggers = new Dictionary<string, TriggerExpectation>();
        if (expect.Get("triggers") is not { } node) return triggers;
        foreach (string name in node.Keys)
        {
            if (node.Get(name) is not { } trigger) continue;
            if (trigger.ToJson() is not JsonObject)
            {
                triggers[name] = new TriggerExpectation(node.GetInteger(name, 0), null);
                continue;
            }

            trigger.AllowKeys("fired", "newRows");
            if (trigger.Get("fired") is null) trigger.Report($"{trigger.Path} needs 'fired', how often the trigger fires.");
            triggers[name] = new TriggerExpectation(trigger.GetInteger("fired", 0), trigger.Get("newRows") is null ? null : trigger.GetInteger("newRows", 0));
        }

        return triggers;
    }

    private static ProductExpectation ReadProduct(TopologyNode node)
    {
        node.AllowKeys("rows", "maxMatchErrorMs", "columns", "rowsLike");
        var rowsLike = new List<JsonObject>();
        foreach (var item in node.Get("rowsLike")?.Items ?? [])
        {
            if (item.ToJson() is JsonObject row) rowsLike.Add(row);
            else item.Report($"{item.Path} must be a mapping of columns to values.");
        }

        return new ProductExpectation(
            node.Get("rows") is null ? null : node.GetInteger("rows", 0), node.Get("maxMatchErrorMs") is null ? null : node.GetNumber("maxMatchErrorMs", 0),
            [.. (node.Get("columns")?.Items ?? []).Select(item => item.AsText())], rowsLike);
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }
}
