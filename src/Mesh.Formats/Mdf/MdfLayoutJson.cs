using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Model;

namespace Mesh.Formats.Mdf;

/// <summary>The written form of a layout. Defaults are left out, so that equal layouts are equal bytes.</summary>
internal static partial class MdfLayoutJson
{
    public static ReadOnlyMemory<byte> Write(MdfRecordLayout layout) => JsonSerializer.SerializeToUtf8Bytes(layout, Context.Default.MdfRecordLayout);

    public static MdfRecordLayout Read(MessageSchema schema)
    {
        try
        {
            return JsonSerializer.Deserialize(schema.Data.Span, Context.Default.MdfRecordLayout) ?? throw Invalid(schema, "it is null");
        }
        catch (JsonException exception)
        {
            throw Invalid(schema, exception.Message);
        }
    }

    private static MeshException Invalid(MessageSchema schema, string problem) =>
        new("MESH10320", $"Schema '{schema.Name}' is not an MDF record layout: {problem} Record or convert the channel again.");

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, RespectNullableAnnotations = true, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(MdfRecordLayout))]
    private sealed partial class Context : JsonSerializerContext;
}
