using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>
/// The one form of a JSON document that is hashed and signed: RFC 8785 (JSON Canonicalization Scheme) for the documents of which it asks
/// nothing of floating-point numbers. UTF-8; no white space; members in order of their names, which are ASCII; strings with the escapes of
/// RFC 8785 §3.2.2.2 only; numbers are whole and at most 2^53 - 1 in size. Other numbers are written as text by whoever makes the document.
/// </summary>
public static class CanonicalJson
{
    private const long MaxInteger = (1L << 53) - 1;
    private const int MaxDepth = 32;

    /// <summary>The canonical form.</summary>
    /// <exception cref="MeshException"><c>MESH9600</c> when the document has none: two members of a name, a fraction, half a surrogate pair.</exception>
    public static string Of(JsonNode? document)
    {
        using var parsed = JsonDocument.Parse(document?.ToJsonString() ?? "null");
        return Of(parsed.RootElement);
    }

    /// <inheritdoc cref="Of(JsonNode?)"/>
    public static string Of(JsonElement document)
    {
        var text = new StringBuilder();
        Append(text, document, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonElement value, int depth)
    {
        if (depth > MaxDepth) throw None($"it is nested deeper than {MaxDepth} levels");
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AppendObject(text, value, depth);
                break;
            case JsonValueKind.Array:
                text.Append('[');
                string separator = "";
                foreach (var item in value.EnumerateArray())
                {
                    text.Append(separator);
                    Append(text, item, depth + 1);
                    separator = ",";
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                AppendString(text, TextOf(value));
                break;
            case JsonValueKind.Number:
                if (!value.TryGetInt64(out long number) || Math.Abs(number) > MaxInteger) throw None($"{value.GetRawText()} is no whole number of at most 53 bits");
                text.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void AppendObject(StringBuilder text, JsonElement value, int depth)
    {
        var members = value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).ToList();
        text.Append('{');
        for (int i = 0; i < members.Count; i++)
        {
            string name = members[i].Name;
            if (!Ascii.IsValid(name)) throw None($"the name '{name}' is not ASCII");
            if (i > 0 && members[i - 1].Name == name) throw None($"the name '{name}' is there twice");
            if (i > 0) text.Append(',');
            AppendString(text, name);
            text.Append(':');
            Append(text, members[i].Value, depth + 1);
        }

        text.Append('}');
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char letter in value)
        {
            switch (letter)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < ' ': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"); break;
                default: text.Append(letter); break;
            }
        }

        text.Append('"');
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Its words for text that is no Unicode, as half a surrogate pair is not.
            throw None("a text is not Unicode");
        }
    }

    private static MeshException None(string why) => new("MESH9600", $"The document has no canonical form: {why}.");
}
