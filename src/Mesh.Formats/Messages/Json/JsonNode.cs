using System.Text;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Json;

/// <summary>What a JSON value becomes.</summary>
internal enum JsonKind : byte
{
    Boolean,
    Integer,
    Number,
    String,
    Base64,

    /// <summary>Too free for a column: kept as its JSON text.</summary>
    Text,
    List,
    Object,
}

/// <summary>A value of a JSON Schema, ready to be read into its builder.</summary>
internal sealed class JsonNode(JsonKind kind, string path)
{
    public JsonKind Kind { get; } = kind;

    /// <summary>Path, for errors.</summary>
    public string Path { get; } = path;
    public JsonNode? Element { get; init; }

    /// <summary>Properties in column order, with their names in UTF-8.</summary>
    public List<(byte[] Name, JsonNode Node)> Properties { get; } = [];

    /// <summary>Columns that one absent value fills.</summary>
    public int Columns { get; set; } = 1;
    public required DataType Type { get; set; }

    public int IndexOf(ref System.Text.Json.Utf8JsonReader reader, int hint)
    {
        // Writers keep the order of the schema more often than not.
        if (hint < Properties.Count && reader.ValueTextEquals(Properties[hint].Name)) return hint;
        for (int i = 0; i < Properties.Count; i++)
        {
            if (reader.ValueTextEquals(Properties[i].Name)) return i;
        }

        return -1;
    }
}
