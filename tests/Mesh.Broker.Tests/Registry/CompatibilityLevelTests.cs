using Mesh.Broker.Registry;

namespace Mesh.Broker.Tests.Registry;

/// <summary>What the levels promise of each other, over random histories of small schemas.</summary>
public class CompatibilityLevelTests
{
    private const int Histories = 400;

    private static readonly string[] Types = ["int32", "uint64", "sint32", "string", "bytes", "fixed32", "repeated string", "repeated int32", "B", "E", "map<string, int32>"];

    [Fact]
    public void Full_is_backward_and_forward_and_a_transitive_level_implies_its_plain_one()
    {
        var random = new Random(5);
        var store = new SchemaStore();
        int[] accepted = new int[7], refused = new int[7];
        string[] levels = ["NONE", "BACKWARD", "FORWARD", "FULL", "BACKWARD_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE"];
        for (int i = 0; i < Histories; i++)
        {
            string type = i % 2 == 0 ? "PROTOBUF" : "AVRO";
            var earlier = Enumerable.Range(1, random.Next(1, 4))
                .Select(version => new StoredSchema(new SubjectVersion { Subject = "s", Version = version, Id = version, SchemaType = type, Schema = Text(random, type) }, false, store)).ToList();
            string text = Text(random, type);
            var schema = SchemaParser.Parse(type, text, []);
            var passes = levels.Select(level => CompatibilityLevel.Find(level)!.Check(schema, type, earlier).Count == 0).ToArray();
            for (int j = 0; j < levels.Length; j++) (passes[j] ? accepted : refused)[j]++;

            string history = string.Join('\n', [.. earlier.Select(each => each.Version.Schema), text]);
            passes[0].ShouldBeTrue(history);
            passes[3].ShouldBe(passes[1] && passes[2], history);
            passes[6].ShouldBe(passes[4] && passes[5], history);
            for (int plain = 1; plain <= 3; plain++)
            {
                if (passes[plain + 3]) passes[plain].ShouldBeTrue(history);
                if (earlier.Count == 1) passes[plain + 3].ShouldBe(passes[plain], history);
            }

            // Backward from one to the other is forward from the other to the one; and each reads itself.
            var last = earlier[^1].Parsed.ShouldNotBeNull(earlier[^1].Version.Schema);
            var turned = new StoredSchema(new SubjectVersion { Subject = "s", Version = 1, Id = 1, SchemaType = type, Schema = text }, false, store);
            (CompatibilityLevel.Find("FORWARD")!.Check(last, type, [turned]).Count == 0).ShouldBe(passes[1], history);
            CompatibilityLevel.Find("FULL")!.Check(schema, type, [turned]).ShouldBeEmpty();
        }

        // Otherwise the histories show nothing.
        for (int j = 1; j < levels.Length; j++) Math.Min(accepted[j], refused[j]).ShouldBeGreaterThan(20, levels[j]);
    }

    private static string Text(Random random, string type) => type == "AVRO" ? Avro(random) : Proto(random);

    private static string Proto(Random random)
    {
        var fields = Enumerable.Range(1, 3).Where(_ => random.Next(2) == 0).Select(number => $"{Types[random.Next(3) == 0 ? random.Next(Types.Length) : 0]} f{number} = {number};");
        string other = random.Next(8) == 0 ? "" : "message C { string x = 1; } ";
        return $"syntax = \"proto3\"; message A {{ {string.Join(' ', fields)} }} message B {{ int32 x = 1; }} enum E {{ Z = 0; }} {other}";
    }

    private static string Avro(Random random)
    {
        string[] types = ["\"int\"", "\"long\"", "\"int\"", "[\"null\", \"int\"]", "\"int\"", "\"string\""];
        var fields = Enumerable.Range(1, 3).Where(_ => random.Next(3) != 0).Select(number =>
        {
            string type = types[random.Next(types.Length)];
            string initial = random.Next(4) == 0 ? "" : $", \"default\": {(type[0] == '[' ? "null" : type == "\"string\"" ? "\"\"" : "0")}";
            return $"{{\"name\": \"f{number}\", \"type\": {type}{initial}}}";
        });
        return $"{{\"type\": \"record\", \"name\": \"A\", \"fields\": [{string.Join(", ", fields)}]}}";
    }
}
