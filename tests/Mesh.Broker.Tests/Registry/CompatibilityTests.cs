using Mesh.Broker.Registry;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Registry;

/// <summary>Whether a reader with the second schema reads what was written with the first.</summary>
public class CompatibilityTests
{
    [Theory]
    [InlineData("message A { int32 x = 1; }", "message A { int32 x = 1; string y = 2; }", "")]
    [InlineData("message A { int32 x = 1; string y = 2; }", "message A { int32 x = 1; }", "")]
    [InlineData("message A { int32 x = 1; }", "message A { int32 renamed = 1; }", "")]
    [InlineData("message A { int32 x = 1; }", "message A { uint64 x = 1; }", "")]
    [InlineData("message A { int64 x = 1; }", "message A { bool x = 1; }", "")]
    [InlineData("enum E { Z = 0; } message A { E x = 1; }", "enum E { Z = 0; } message A { int32 x = 1; }", "")]
    [InlineData("message A { sint32 x = 1; }", "message A { sint64 x = 1; }", "")]
    [InlineData("message A { string x = 1; }", "message A { bytes x = 1; }", "")]
    [InlineData("message A { fixed32 x = 1; }", "message A { sfixed32 x = 1; }", "")]
    [InlineData("message A { fixed64 x = 1; }", "message A { sfixed64 x = 1; }", "")]
    [InlineData("message A { int32 x = 1; }", "message A { sint32 x = 1; }", "FIELD_SCALAR_KIND_CHANGED #/A/1")]
    [InlineData("message A { fixed32 x = 1; }", "message A { fixed64 x = 1; }", "FIELD_SCALAR_KIND_CHANGED #/A/1")]
    [InlineData("message A { float x = 1; }", "message A { double x = 1; }", "FIELD_SCALAR_KIND_CHANGED #/A/1")]
    [InlineData("message A { string x = 1; }", "message A { int32 x = 1; }", "FIELD_SCALAR_KIND_CHANGED #/A/1")]
    [InlineData("message A { int32 x = 1; }", "message B {} message A { B x = 1; }", "FIELD_KIND_CHANGED #/A/1")]
    [InlineData("message A { map<string, int32> x = 1; }", "message A { map<string, int64> x = 1; }", "")]
    [InlineData("message A { map<string, int32> x = 1; }", "message A { map<string, string> x = 1; }", "FIELD_SCALAR_KIND_CHANGED #/A/1")]
    [InlineData("message A { map<string, int32> x = 1; }", "message A { repeated int32 x = 1; }", "FIELD_KIND_CHANGED #/A/1")]
    [InlineData("message A { int32 x = 1; }", "message A { repeated int32 x = 1; }", "FIELD_NUMERIC_LABEL_CHANGED #/A/1")]
    [InlineData("message A { string x = 1; }", "message A { repeated string x = 1; }", "")]
    [InlineData("message B {} message C {} message A { B x = 1; }", "message B {} message C {} message A { C x = 1; }", "FIELD_NAMED_TYPE_CHANGED #/A/1")]
    [InlineData("message A {} message B {}", "message B {} message A {}", "")]
    [InlineData("message A {} message B {}", "message A {}", "MESSAGE_REMOVED #/B")]
    [InlineData("message A { message B {} }", "message A {}", "MESSAGE_REMOVED #/A/B")]
    [InlineData("package p; message A {}", "package q; message A {}", "PACKAGE_CHANGED #/")]
    [InlineData("enum E { Z = 0; A = 1; }", "enum E { ZERO = 0; }", "")]
    [InlineData("message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { oneof o { int32 x = 1; } }", "ONEOF_FIELD_REMOVED #/A/o/2")]
    [InlineData("message A { oneof o { int32 x = 1; } }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "")]
    [InlineData("message A { oneof o { int32 x = 1; int32 y = 2; } }", "message A { }", "")]
    [InlineData("message A { int32 x = 1; }", "message A { oneof o { int32 x = 1; } }", "")]
    [InlineData("message A { int32 x = 1; int32 y = 2; }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "MULTIPLE_FIELDS_MOVED_TO_ONEOF #/A/o")]
    [InlineData("message A { int32 x = 1; oneof o { int32 y = 2; } }", "message A { oneof o { int32 x = 1; int32 y = 2; } }", "FIELD_MOVED_TO_EXISTING_ONEOF #/A/o")]
    [InlineData("message A { oneof o { int32 x = 1; } }", "message A { int32 x = 1; oneof p { int32 y = 2; } }", "")]
    [InlineData("message A { int32 x = 1; }", "message A { optional int32 x = 1; }", "")]
    public void Protobuf_by_the_registrys_rules(string writer, string reader, string expected) =>
        Differences("PROTOBUF", $"syntax = \"proto3\"; {writer}", $"syntax = \"proto3\"; {reader}").ShouldBe(expected);

    [Theory]
    [InlineData("message A { }", "message A { required int32 x = 1; }", "REQUIRED_FIELD_ADDED #/A/1")]
    [InlineData("message A { required int32 x = 1; }", "message A { }", "REQUIRED_FIELD_REMOVED #/A/1")]
    [InlineData("message A { optional int32 x = 1; }", "message A { required int32 x = 1; }", "FIELD_NUMERIC_LABEL_CHANGED #/A/1")]
    [InlineData("message A { optional group G = 1 { optional int32 x = 1; } }", "message A { optional group G = 1 { optional string x = 1; } }", "FIELD_SCALAR_KIND_CHANGED #/A/G/1")]
    public void Protobuf_of_proto2(string writer, string reader, string expected) => Differences("PROTOBUF", writer, reader).ShouldBe(expected);

    [Theory]
    [InlineData("{'type':'string'}", "{'type':'string'}", "")]
    [InlineData("{'type':'string'}", "{'type':'number'}", "TYPE_CHANGED #/")]
    [InlineData("{'type':'integer'}", "{'type':'number'}", "")]
    [InlineData("{'type':'number'}", "{'type':'integer'}", "TYPE_NARROWED #/")]
    [InlineData("{'type':'string'}", "{'type':['string','null']}", "")]
    [InlineData("{'type':['string','null']}", "{'type':'string'}", "TYPE_CHANGED #/")]
    [InlineData("{'type':'string'}", "true", "")]
    [InlineData("false", "{'type':'string'}", "")]
    [InlineData("{'type':'string'}", "{'type':'string','maxLength':3}", "MAX_LENGTH_ADDED #/maxLength")]
    [InlineData("{'type':'string','maxLength':3}", "{'type':'string','maxLength':4}", "")]
    [InlineData("{'type':'string','minLength':3}", "{'type':'string','minLength':4}", "MIN_LENGTH_INCREASED #/minLength")]
    [InlineData("{'type':'string','pattern':'a'}", "{'type':'string','pattern':'b'}", "PATTERN_CHANGED #/pattern")]
    [InlineData("{'type':'number','maximum':5}", "{'type':'number','maximum':4}", "MAXIMUM_DECREASED #/maximum")]
    [InlineData("{'type':'number','exclusiveMinimum':5}", "{'type':'number','exclusiveMinimum':4}", "")]
    [InlineData("{'type':'number','multipleOf':10}", "{'type':'number','multipleOf':5}", "")]
    [InlineData("{'type':'number','multipleOf':5}", "{'type':'number','multipleOf':10}", "MULTIPLE_OF_EXPANDED #/multipleOf")]
    [InlineData("{'enum':['a','b']}", "{'enum':['a','b','c']}", "")]
    [InlineData("{'enum':['a','b']}", "{'enum':['a']}", "ENUM_ARRAY_NARROWED #/enum")]
    [InlineData("{'const':1}", "{'const':2}", "ENUM_ARRAY_CHANGED #/const")]
    [InlineData("{'type':'object','properties':{}}", "{'type':'object','properties':{'x':{'type':'string'}}}", "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/x")]
    [InlineData("{'type':'object','properties':{}}", "{'type':'object','properties':{'x':{}}}", "")]
    [InlineData("{'type':'object','additionalProperties':false}", "{'type':'object','properties':{'x':{'type':'string'}},'additionalProperties':false}", "")]
    [InlineData("{'type':'object','additionalProperties':false}", "{'type':'object','properties':{'x':{'type':'string'}},'required':['x'],'additionalProperties':false}", "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/x")]
    [InlineData("{'type':'object','additionalProperties':false}", "{'type':'object','properties':{'x':{'type':'string','default':''}},'required':['x'],'additionalProperties':false}", "")]
    [InlineData("{'type':'object','properties':{'x':{}}}", "{'type':'object'}", "")]
    [InlineData("{'type':'object','properties':{'x':{'type':'string'}},'additionalProperties':false}", "{'type':'object','additionalProperties':false}", "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/x")]
    [InlineData("{'type':'object','additionalProperties':{'type':'string'}}", "{'type':'object','properties':{'x':{'type':'number'}},'additionalProperties':{'type':'string'}}", "TYPE_CHANGED #/properties/x,PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/x")]
    [InlineData("{'type':'object'}", "{'type':'object','additionalProperties':false}", "ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties")]
    [InlineData("{'type':'object','properties':{'x':{'type':'string'}}}", "{'type':'object','properties':{'x':{'type':'string'}},'required':['x']}", "REQUIRED_ATTRIBUTE_ADDED #/required/x")]
    [InlineData("{'type':'array','items':{'type':'string'}}", "{'type':'array','items':{'type':'number'}}", "TYPE_CHANGED #/items")]
    [InlineData("{'type':'array'}", "{'type':'array','uniqueItems':true}", "UNIQUE_ITEMS_ADDED #/uniqueItems")]
    [InlineData("{'oneOf':[{'type':'string'},{'type':'number'}]}", "{'oneOf':[{'type':'string'},{'type':'number'},{'type':'null'}]}", "")]
    [InlineData("{'oneOf':[{'type':'string'},{'type':'number'}]}", "{'oneOf':[{'type':'string'}]}", "SUM_TYPE_NARROWED #/")]
    [InlineData("{'allOf':[{'type':'string'},{'minLength':1}]}", "{'allOf':[{'type':'string'}]}", "")]
    [InlineData("{'anyOf':[{'type':'string'},{'type':'number'}]}", "{'allOf':[{'type':'string'},{'type':'number'}]}", "COMBINED_TYPE_CHANGED #/")]
    [InlineData("{'$defs':{'t':{'type':'object','properties':{'next':{'$ref':'#/$defs/t'},'x':{'type':'string'}}}},'$ref':'#/$defs/t'}", "{'$defs':{'t':{'type':'object','properties':{'next':{'$ref':'#/$defs/t'},'x':{'type':'number'}}}},'$ref':'#/$defs/t'}", "TYPE_CHANGED #/properties/x")]
    public void Json_by_the_registrys_rules(string writer, string reader, string expected) =>
        Differences("JSON", writer.Replace('\'', '"'), reader.Replace('\'', '"')).ShouldBe(expected);

    [Theory]
    [InlineData("'int'", "'long'", "")]
    [InlineData("'long'", "'int'", "TYPE_MISMATCH")]
    [InlineData("'string'", "'bytes'", "")]
    [InlineData("'int'", "['null','int']", "")]
    [InlineData("['null','int']", "'int'", "TYPE_MISMATCH")]
    [InlineData("['null','int','string']", "['null','int']", "MISSING_UNION_BRANCH")]
    [InlineData("{'type':'record','name':'R','fields':[]}", "{'type':'record','name':'R','fields':[{'name':'x','type':'int'}]}", "READER_FIELD_MISSING_DEFAULT_VALUE")]
    [InlineData("{'type':'record','name':'R','fields':[]}", "{'type':'record','name':'R','fields':[{'name':'x','type':'int','default':1}]}", "")]
    [InlineData("{'type':'record','name':'R','fields':[{'name':'x','type':'int'}]}", "{'type':'record','name':'R','fields':[]}", "")]
    [InlineData("{'type':'record','name':'R','fields':[{'name':'x','type':'int'}]}", "{'type':'record','name':'R','fields':[{'name':'y','type':'int','aliases':['x']}]}", "")]
    [InlineData("{'type':'record','name':'R','fields':[]}", "{'type':'record','name':'S','fields':[]}", "NAME_MISMATCH")]
    [InlineData("{'type':'record','name':'R','fields':[]}", "{'type':'record','name':'S','aliases':['R'],'fields':[]}", "")]
    [InlineData("{'type':'enum','name':'E','symbols':['A','B']}", "{'type':'enum','name':'E','symbols':['A']}", "MISSING_ENUM_SYMBOLS")]
    [InlineData("{'type':'enum','name':'E','symbols':['A','B']}", "{'type':'enum','name':'E','symbols':['A'],'default':'A'}", "")]
    [InlineData("{'type':'fixed','name':'F','size':4}", "{'type':'fixed','name':'F','size':5}", "FIXED_SIZE_MISMATCH")]
    [InlineData("{'type':'array','items':'int'}", "{'type':'array','items':'string'}", "TYPE_MISMATCH")]
    [InlineData("{'type':'map','values':'int'}", "{'type':'map','values':'double'}", "")]
    [InlineData("{'type':'record','name':'L','fields':[{'name':'next','type':['null','L']}]}", "{'type':'record','name':'L','fields':[{'name':'next','type':['null','L']},{'name':'v','type':'int'}]}", "READER_FIELD_MISSING_DEFAULT_VALUE")]
    public void Avro_by_the_rules_of_schema_resolution(string writer, string reader, string expected)
    {
        var (written, read) = (SchemaParser.Parse("AVRO", writer.Replace('\'', '"'), []), SchemaParser.Parse("AVRO", reader.Replace('\'', '"'), []));

        string.Join(',', read.CannotRead(written).Select(each => each.Type)).ShouldBe(expected);
    }

    [Fact]
    public void Alternatives_of_alternatives_do_not_take_for_ever()
    {
        string deep = "{\"type\":\"string\"}";
        for (int i = 0; i < 20; i++) deep = $"{{\"anyOf\":[{deep},{{\"type\":\"object\",\"properties\":{{\"p{i}\":{{\"type\":\"number\"}}}}}}]}}";
        string defs = string.Join(',', Enumerable.Range(0, 12).Select(i => $"\"d{i}\":{{\"oneOf\":[{string.Join(',', Enumerable.Range(0, 12).Select(j => $"{{\"type\":\"object\",\"properties\":{{\"x{j}\":{{\"$ref\":\"#/$defs/d{j}\"}}}}}}"))}]}}"));
        string tangled = $"{{\"$defs\":{{{defs}}},\"$ref\":\"#/$defs/d0\"}}";

        SchemaParser.Parse("JSON", deep, []).CannotRead(SchemaParser.Parse("JSON", deep, [])).ShouldBeEmpty();
        try
        {
            SchemaParser.Parse("JSON", tangled, []).CannotRead(SchemaParser.Parse("JSON", tangled, [])).ShouldBeEmpty();
        }
        catch (SchemaFormatException exception)
        {
            exception.Message.ShouldContain("too many alternatives");
        }
    }

    /// <summary>Released versions of the events stay readable, whichever version a consumer has.</summary>
    [Fact]
    public void Every_event_reads_and_is_read_by_every_released_version()
    {
        string[] releases = [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests", "data", "events")).Order(StringComparer.Ordinal)];
        releases.ShouldNotBeEmpty();
        foreach (string file in releases.SelectMany(release => Directory.GetFiles(release, "*.proto")))
        {
            string current = Path.Combine(Repository.Root, "schemas", "events", Path.GetFileName(file));
            File.Exists(current).ShouldBeTrue($"{Path.GetFileName(file)} was released and is gone");
            Differences("PROTOBUF", File.ReadAllText(file), File.ReadAllText(current)).ShouldBe("", $"{current} does not read {file}");
            Differences("PROTOBUF", File.ReadAllText(current), File.ReadAllText(file)).ShouldBe("", $"{file} does not read {current}");
        }
    }

    [Fact]
    public void Every_message_and_field_of_the_events_has_a_comment()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "schemas", "events"), "*.proto"))
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                bool declares = line.StartsWith("message ", StringComparison.Ordinal) || line.StartsWith("oneof ", StringComparison.Ordinal) || System.Text.RegularExpressions.Regex.IsMatch(line, @"^[\w.<>, ]+ \w+ = \d+;");
                if (declares) (line.Contains("//") || lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal)).ShouldBeTrue($"{Path.GetFileName(file)}:{i + 1} says nothing about `{line}`");
            }
        }
    }

    private static string Differences(string type, string writer, string reader) =>
        string.Join(',', SchemaParser.Parse(type, reader, []).CannotRead(SchemaParser.Parse(type, writer, []))
            .Select(each => $"{each.Type} {System.Text.RegularExpressions.Regex.Match(each.Description, "'(#[^']*)'").Groups[1].Value}"));
}
