using System.Text.Json;
using System.Text.Unicode;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Json;

/// <summary>JSON messages without a schema that says more: the text as it came, checked to be JSON.</summary>
internal sealed class JsonTextDecoder : MessageDecoder
{
    public override StructType Type { get; } = new([new Field("json", DataType.Utf8)]);

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            throw JsonDecoder.NotJson(exception, (int)reader.BytesConsumed);
        }

        if (!Utf8.IsValid(message)) throw new MessageFormatException("MESH10314", 0, "UTF-8 text", "other bytes");
        ((BinaryBuilder)row[0]).Append(message);
    }
}
