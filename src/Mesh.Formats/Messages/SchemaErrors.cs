using Mesh.Model;

namespace Mesh.Formats.Messages;

/// <summary>Schemas that cannot be used, with place and remedy.</summary>
internal static class SchemaErrors
{
    private const string Remedy = "Record the channel again with its full schema, or leave it out of the topology's `decode.channels`.";

    public static MeshException Syntax(string schema, int line, string problem) =>
        new("MESH10301", $"Schema '{schema}', line {line}: {problem}. {Remedy}");

    public static MeshException UnknownType(string schema, string place, string type) =>
        new("MESH10302", $"Schema '{schema}', {place}: type '{type}' is not defined. {Remedy}");

    public static MeshException TooDeep(string schema, string place, int limit) =>
        new("MESH10303", $"Schema '{schema}', {place}: types nest deeper than {limit} or contain themselves. Raise MaxNesting if the schema is sound.");

    public static MeshException TooManyFields(string schema, int limit) =>
        new("MESH10304", $"Schema '{schema}' unfolds into more than {limit} fields. Raise MaxFields if the schema is sound.");

    public static MeshException NotADescriptorSet(string schema, string problem) =>
        new("MESH10305", $"Schema '{schema}' is not a usable FileDescriptorSet: {problem}. {Remedy}");

    public static MeshException NotJson(string schema, string problem) => new("MESH10306", $"Schema '{schema}' is not JSON: {problem}. {Remedy}");

    public static MeshException NotABinarySchema(string schema, string problem) =>
        new("MESH10307", $"Schema '{schema}' is not a usable FlatBuffers binary schema (.bfbs): {problem}. {Remedy}");
}
