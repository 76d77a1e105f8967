using System.Diagnostics;
using Mesh.Broker.Registry.Protobuf;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Registry.Protobuf;

public class ProtoParserTests
{
    [Theory]
    [InlineData("syntax = \"proto4\";", 1, 10, "neither proto2 nor proto3")]
    [InlineData("edition = \"2023\";", 1, 1, "editions are not read here")]
    [InlineData("syntax = \"proto3\";\nmessage A {\n  string x 1;\n}", 3, 12, "expected '='")]
    [InlineData("syntax = \"proto3\";\nmessage A { string x = 0; }", 2, 24, "between 1 and 536870911")]
    [InlineData("syntax = \"proto3\";\nmessage A { string x = 536870912; }", 2, 24, "between 1 and 536870911")]
    [InlineData("syntax = \"proto3\"; message A { required string x = 1; }", 1, 32, "of proto2")]
    [InlineData("message A { string x = 1; }", 1, 13, "expected optional, required or repeated")]
    [InlineData("syntax = \"proto3\"; enum E { A = 1; }", 1, 29, "first value of a proto3 enum is zero")]
    [InlineData("syntax = \"proto3\"; message A { map<float, int32> x = 1; }", 1, 36, "a map's key")]
    [InlineData("message A { optional string x = 1 [default = \"", 1, 46, "does not end")]
    [InlineData("/* never", 1, 1, "a comment that does not end")]
    [InlineData("message A { oneof x { } }", 1, 21, "has no field")]
    [InlineData("message A", 1, 10, "the text ends")]
    [InlineData("message A { optional int32 x = 08; }", 1, 32, "octal")]
    [InlineData("message A { reserved 5 to 3; }", 1, 22, "is empty")]
    [InlineData("import \"a\"; import \"a\";", 1, 20, "imported twice")]
    [InlineData("message A { \u00a7 }", 1, 13, "U+00A7")]
    public void What_is_wrong_is_said_with_its_line_and_column(string text, int line, int column, string problem)
    {
        var error = Should.Throw<ProtoSyntaxException>(() => ProtoParser.Parse("test.proto", text));

        (error.Line, error.Column).ShouldBe((line, column), error.Message);
        error.Message.ShouldStartWith($"test.proto:{line}:{column}: ");
        error.Message.ShouldContain(problem);
    }

    [Theory]
    [InlineData("message A { optional B b = 1; }", "the type 'B' of b is not defined")]
    [InlineData("message A { optional int32 a = 1; optional int32 b = 1; }", "uses the number 1 for 'a' and for 'b'")]
    [InlineData("message A { optional int32 a = 1; optional int32 a = 2; }", "declares 'a' twice")]
    [InlineData("message A {} message A {}", "'A' is declared twice")]
    [InlineData("message A { reserved 4; optional int32 a = 4; }", "reserves the number 4")]
    [InlineData("message A { reserved \"a\"; optional int32 a = 4; }", "reserves the name 'a'")]
    [InlineData("message A { optional int32 a = 19000; }", "belong to Protocol Buffers")]
    [InlineData("enum E { A = 1; B = 1; }", "set allow_alias")]
    [InlineData("enum E { A = 1; } enum F { A = 2; }", "'A' is declared twice")]
    [InlineData("message A { optional int32 a = 1 [default = 2147483648]; }", "does not fit")]
    [InlineData("message A {} extend A { optional int32 x = 1; }", "no extension range")]
    [InlineData("import \"other.proto\";", "\"other.proto\" is imported, but no reference has this name")]
    [InlineData("import \"test.proto\";", "imports itself")]
    [InlineData("message A { message X {} optional A.X.Y y = 1; }", "is not defined")]
    [InlineData("service S { rpc R (X) returns (X); }", "is not a message")]
    public void Names_and_numbers_are_checked(string text, string problem)
    {
        var error = Should.Throw<ProtoSyntaxException>(() => ProtoLinker.Link(ProtoParser.Parse("test.proto", text), _ => null));

        error.Message.ShouldContain(problem);
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        string Nested(int depth) => string.Concat(Enumerable.Range(0, depth).Select(i => $"message M{i} {{")) + new string('}', depth);

        ProtoParser.Parse("ok.proto", Nested(ProtoParser.MaxDepth)).Messages.Count.ShouldBe(1);
        Should.Throw<ProtoSyntaxException>(() => ProtoParser.Parse("deep.proto", Nested(ProtoParser.MaxDepth + 1))).Message.ShouldContain("more than 32 deep");
        Should.Throw<ProtoSyntaxException>(() => ProtoParser.Parse("deep.proto", Nested(100_000))).Message.ShouldContain("more than 32 deep");
        Should.Throw<ProtoSyntaxException>(() => ProtoParser.Parse("deep.proto", "option (x) = " + new string('{', 100_000))).Message.ShouldContain("more than 32 deep");
        Should.Throw<ProtoSyntaxException>(() => ProtoParser.Parse("long.proto", new string(' ', ProtoParser.MaxCharacters + 1))).Message.ShouldContain("longer than");
    }

    [Fact]
    public void Any_text_is_a_file_or_a_clean_error_within_bounded_time()
    {
        var random = new Random(20261129);
        string[] seeds = [.. Directory.GetFiles(Path.Combine(Repository.Root, "tests/data/proto")).Concat(Directory.GetFiles(Path.Combine(Repository.Root, "schemas/events"))).Select(File.ReadAllText)];
        string[] pieces = ["message", "{", "}", "=", ";", "1", "repeated", "optional", "oneof", "map<", ">", "[", "]", "(", ")", ".", "\"", "'", "\\", "extend", "group", "reserved", "to", "max", "-", "/*", "//", "\n", "x", "option", "enum", "0x", "1e", "import", "syntax", "\ud83d", "\0"];
        int parsed = 0, refused = 0;
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 20_000; i++)
        {
            string text = Mutate(seeds[random.Next(seeds.Length)], pieces, random);
            try
            {
                var linked = ProtoLinker.Link(ProtoParser.Parse("fuzz.proto", text), _ => null);
                string printed = ProtoPrinter.Print(linked.File);
                ProtoPrinter.Print(ProtoLinker.Link(ProtoParser.Parse("fuzz.proto", printed), _ => null).File).ShouldBe(printed);
                ProtoDescriptorWriter.Write(linked).Length.ShouldBeGreaterThan(0);
                parsed++;
            }
            catch (ProtoSyntaxException)
            {
                refused++;
            }
        }

        parsed.ShouldBeGreaterThan(500);
        refused.ShouldBeGreaterThan(500);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void Any_bytes_are_a_descriptor_or_none()
    {
        var random = new Random(7);
        var linked = ProtoLinker.Link(ProtoParser.Parse("upload.proto", File.ReadAllText(Path.Combine(Repository.Root, "schemas/events/lake.proto"))), _ => null);
        byte[] whole = ProtoDescriptorWriter.Write(linked);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(4); change >= 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (ProtoDescriptorReader.TryReadText(bytes) is not null) read++;
        }

        read.ShouldBeInRange(100, 19_900);
    }

    private static string Mutate(string seed, string[] pieces, Random random)
    {
        // A stretch of a real file, so that what is wrong lies anywhere in it.
        string text = seed;
        for (int change = random.Next(3); change > 0; change--)
        {
            int at = random.Next(text.Length + 1);
            text = random.Next(4) switch
            {
                0 => text[..at],
                1 => text.Remove(at, Math.Min(random.Next(10), text.Length - at)),
                2 => text.Insert(at, pieces[random.Next(pieces.Length)]),
                _ => text.Insert(at, ((char)random.Next(1, 300)).ToString()),
            };
        }

        return text;
    }
}
