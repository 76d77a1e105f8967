using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Mesh.Model;

namespace Mesh.Formats.Mdf;

/// <summary>The written form of a layout. Zeros and nothings are left out, so that equal layouts are equal bytes.</summary>
internal static partial class MdfLayoutJson
{
    // Conversions nest, three levels of JSON for each of theirs.
    private const int MaxDepth = 256;

    private static readonly JsonTypeInfo<MdfRecordLayout> TypeInfo = (JsonTypeInfo<MdfRecordLayout>)new JsonSerializerOptions(Context.Default.Options)
    {
        MaxDepth = MaxDepth,
        TypeInfoResolver = Context.Default.WithAddedModifier(Require),
    }.GetTypeInfo(typeof(MdfRecordLayout));

    public static ReadOnlyMemory<byte> Write(MdfRecordLayout layout) => JsonSerializer.SerializeToUtf8Bytes(layout, TypeInfo);

    public static MdfRecordLayout Read(MessageSchema schema)
    {
        try
        {
            return JsonSerializer.Deserialize(schema.Data.Span, TypeInfo) ?? throw Invalid(schema, "it is null.");
        }
        catch (JsonException exception)
        {
            throw Invalid(schema, exception.Message);
        }
    }

    private static MeshException Invalid(MessageSchema schema, string problem) =>
        new("MESH10320", $"Schema '{schema.Name}' is not an MDF record layout: {problem} Record or convert the channel again.");

    // Properties with a default of their own are always written and must be there: left out, they would come back as 0 or null, which for an
    // invalidation bit is a place like any other.
    private static void Require(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.Name is not ("invalidation_bit" or "variable_index" or "size_channel" or "parent") && !IsObligatory(type.Type, property.PropertyType)) continue;
            property.IsRequired = true;
            property.ShouldSerialize = static (_, _) => true;
            if (property.PropertyType == typeof(IReadOnlyList<double>)) property.CustomConverter = new ValuesConverter();
        }
    }

    private static bool IsObligatory(Type owner, Type property) =>
        owner != typeof(MdfConversionReference) && (property == typeof(string) || (property.IsGenericType && property.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)));

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, RespectNullableAnnotations = true, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(MdfRecordLayout))]
    private sealed partial class Context : JsonSerializerContext;

    /// <summary>
    /// Numbers; what is none as text with its bits, because the masks of a bit field are kept as doubles and all ones, for one, is no number.
    /// </summary>
    private sealed class ValuesConverter : JsonConverter<IReadOnlyList<double>>
    {
        public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("values are no list.");
            var values = new List<double>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                values.Add(reader.TokenType switch
                {
                    JsonTokenType.Number when reader.TryGetDouble(out double value) => value,
                    JsonTokenType.String when Parse(reader.GetString()!) is { } value => value,
                    _ => throw new JsonException("a value is no number."),
                });
            }

            return values.ToArray();
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (double item in value)
            {
                if (double.IsFinite(item)) writer.WriteNumberValue(item);
                else writer.WriteStringValue(item switch { double.PositiveInfinity => "inf", double.NegativeInfinity => "-inf", _ => $"0x{BitConverter.DoubleToUInt64Bits(item):x16}" });
            }

            writer.WriteEndArray();
        }

        private static double? Parse(string text) => text switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ when text.StartsWith("0x", StringComparison.Ordinal)
                && ulong.TryParse(text.AsSpan(2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out ulong bits) => BitConverter.UInt64BitsToDouble(bits),
            _ => null,
        };
    }
}
