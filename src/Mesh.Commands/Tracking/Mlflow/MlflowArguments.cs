using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking.Mlflow;

/// <summary>
/// What a client sent: a JSON body, or a query. As in the JSON form of protocol buffers, a number may come as text, and what is not finite as
/// "NaN", "Infinity" or "-Infinity". Unknown fields are passed over.
/// </summary>
public sealed class MlflowArguments
{
    /// <summary>Largest body, in bytes.</summary>
    public const long MaxBodyBytes = 10_000_000;

    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 16 };
    private readonly JsonElement root;

    private MlflowArguments(JsonElement root) => this.root = root;

    /// <summary>Reads a body; an empty one has no fields.</summary>
    /// <exception cref="TrackingException"><c>MESH9330</c> it is no JSON object.</exception>
    public static MlflowArguments OfBody(ReadOnlyMemory<byte> body)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty) return new MlflowArguments(JsonSerializer.SerializeToElement(new JsonObject()));
        try
        {
            using var document = JsonDocument.Parse(body, Depth);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new MlflowArguments(document.RootElement.Clone()) : throw Wrong("The body is no JSON object.");
        }
        catch (JsonException exception)
        {
            throw Wrong($"The body is no JSON: {exception.Message}");
        }
    }

    /// <summary>Reads a query: a name that comes several times is a list.</summary>
    public static MlflowArguments OfQuery(IEnumerable<KeyValuePair<string, string>> query)
    {
        var fields = new JsonObject();
        foreach (var group in query.GroupBy(pair => pair.Key, pair => pair.Value))
        {
            string[] values = [.. group];
            fields[group.Key] = values.Length == 1 ? values[0] : new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }

        return new MlflowArguments(JsonSerializer.SerializeToElement(fields));
    }

    /// <summary>A text; null when there is none.</summary>
    public string? Text(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.String => StringOf(name, value),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw Wrong($"'{name}' should be a text."),
        };
    }

    /// <summary>A text that has to be there.</summary>
    public string Required(string name) => Text(name) is { Length: > 0 } text ? text : throw Wrong($"Missing value for required parameter '{name}'.");

    /// <summary>The run that is meant; old clients call it <c>run_uuid</c>.</summary>
    public string RunId() => Text("run_id") is { Length: > 0 } id ? id : Required("run_uuid");

    /// <summary>A whole number; null when there is none.</summary>
    public long? Whole(string name)
    {
        if (!TryGet(name, out var value)) return null;
        string text = value.ValueKind == JsonValueKind.String ? StringOf(name, value) : value.GetRawText();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)) return number;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && Math.Abs(real) < 9e15 && real == Math.Floor(real) ? (long)real : throw Wrong($"'{name}' should be a whole number.");
    }

    /// <summary>A number; null when there is none.</summary>
    public double? Number(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        return value.ValueKind == JsonValueKind.String && double.TryParse(StringOf(name, value), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw Wrong($"'{name}' should be a number, or \"NaN\", \"Infinity\" or \"-Infinity\".");
    }

    /// <summary>A time in milliseconds since 1970; null when there is none.</summary>
    public DateTimeOffset? Time(string name) => Whole(name) switch
    {
        null => null,
        > -62_135_596_800_000 and < 253_402_300_800_000 and var ms => DateTimeOffset.FromUnixTimeMilliseconds(ms),
        _ => throw Wrong($"'{name}' should be a time in milliseconds since 1970."),
    };

    /// <summary>A list of objects; empty when there is none.</summary>
    public IReadOnlyList<MlflowArguments> Items(string name)
    {
        if (!TryGet(name, out var value)) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong($"'{name}' should be a list.");
        var items = new List<MlflowArguments>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object) throw Wrong($"'{name}' should be a list of objects.");
            items.Add(new MlflowArguments(item));
        }

        return items;
    }

    /// <summary>An object; null when there is none.</summary>
    public MlflowArguments? Object(string name) =>
        !TryGet(name, out var value) ? null : value.ValueKind == JsonValueKind.Object ? new MlflowArguments(value) : throw Wrong($"'{name}' should be an object.");

    /// <summary>A list of texts; empty when there is none. A single text is a list of one, as in a query.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!TryGet(name, out var value)) return [];
        if (value.ValueKind != JsonValueKind.Array) return [Text(name)!];
        return
        [
            .. value.EnumerateArray().Select(item => item.ValueKind switch
            {
                JsonValueKind.String => StringOf(name, item),
                JsonValueKind.Number => item.GetRawText(),
                _ => throw Wrong($"'{name}' should be a list of texts."),
            }),
        ];
    }

    /// <summary>Pairs of <c>key</c> and <c>value</c>; a list may say a key twice.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string name) =>
        [.. Items(name).Select(item => new KeyValuePair<string, string>(item.Text("key") ?? "", item.Text("value") ?? ""))];

    /// <summary>The error of a request that is not understood.</summary>
    public static TrackingException Wrong(string message) => new("MESH9330", message);

    private bool TryGet(string name, out JsonElement value) => root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static string StringOf(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong($"'{name}' holds characters that are no text.");
        }
    }
}
