using System.Text.Json;
using Mesh.Broker.Registry;
using Mesh.Broker.Registry.Protobuf;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Registry;

/// <summary>That what is called compatible really reads the other's data, as a Protobuf implementation that nobody here wrote reads it.</summary>
public class CompatibilityMeaningTests
{
    private const int Pairs = 600;

    private static readonly string[] Types =
        ["int32", "int64", "uint32", "bool", "sint32", "sint64", "string", "bytes", "fixed32", "sfixed32", "fixed64", "float", "double", "E", "B", "C", "repeated string", "repeated int32", "repeated B", "map<string, int32>"];

    [Fact]
    public async Task A_compatible_schema_finds_every_field_that_it_shares_with_the_writer()
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python) && Directory.Exists("/usr/lib/python3/dist-packages/google/protobuf"), "needs python3-protobuf: apt-get install python3-protobuf");
        using var folder = new TemporaryFolder();
        var random = new Random(11);
        var pairs = Enumerable.Range(0, Pairs).Select(_ => (Old: Parse(random), New: Parse(random))).ToList();
        File.WriteAllLines(folder["pairs"], pairs.Select(pair => $"{Descriptor(pair.Old)} {Descriptor(pair.New)}"));

        using var lost = JsonDocument.Parse(await ToolProcess.RunAsync(python, Path.Combine(Repository.Root, "tests", "foreign", "protobuf-reads.py"), folder["pairs"]));

        int compatible = 0, refusedWithReason = 0;
        for (int i = 0; i < Pairs; i++)
        {
            bool isCompatible = pairs[i].New.CannotRead(pairs[i].Old).Count == 0;
            bool isRead = lost.RootElement[i].ToString() == "[]";
            if (isCompatible) isRead.ShouldBeTrue($"{pairs[i].Old.Text}\n{pairs[i].New.Text}\n{lost.RootElement[i]}");
            if (isCompatible) compatible++;
            else if (!isRead) refusedWithReason++;
        }

        compatible.ShouldBeGreaterThan(100);
        refusedWithReason.ShouldBeGreaterThan(100);
    }

    private static string Descriptor(ProtobufSchema schema) => Convert.ToBase64String(ProtoDescriptorWriter.Write(schema.Linked));

    private static ProtobufSchema Parse(Random random)
    {
        var fields = Enumerable.Range(1, 3).Where(_ => random.Next(3) != 0).Select(number => $"{Types[random.Next(3) == 0 ? random.Next(Types.Length) : random.Next(4)]} f{number} = {number};");
        string oneof = random.Next(4) switch { 0 => "oneof o { int32 f4 = 4; string f5 = 5; }", 1 => "int32 f4 = 4;", 2 => "int32 f4 = 4; string f5 = 5;", _ => "" };
        string inner = random.Next(4) == 0 ? "string" : "int32";
        return (ProtobufSchema)SchemaParser.Parse(
            "PROTOBUF", $"syntax = \"proto3\"; message A {{ {string.Join(' ', fields)} {oneof} }} message B {{ {inner} x = 1; }} message C {{ string x = 1; }} enum E {{ Z = 0; Y = 1; }}", []);
    }
}
