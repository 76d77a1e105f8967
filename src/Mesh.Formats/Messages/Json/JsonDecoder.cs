using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Json;

/// <summary>
/// Decodes JSON messages into columns. A property that is absent or null is null; of a property that comes twice the last counts, as in
/// JavaScript; properties that the schema lacks are skipped. A value of another type than declared is a message that does not match.
/// </summary>
internal sealed class JsonDecoder(JsonNode plan, MessageDecoderOptions options) : MessageDecoder
{
    private readonly int maxDepth = Math.Max(64, options.MaxNesting * 2);

    public override StructType Type => (StructType)plan.Type;

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = maxDepth });
        long budget = options.MaxNestedValues;
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Mismatch(plan, ref reader, "an object");
            ReadProperties(plan, ref reader, message, row, ref budget);
            // Anything behind the object is an error that the reader finds.
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            throw NotJson(exception, (int)reader.BytesConsumed);
        }
        catch (InvalidOperationException)
        {
            throw new MessageFormatException("MESH10314", (int)reader.TokenStartIndex, "UTF-8 text", "other bytes");
        }
    }

    internal static MessageFormatException NotJson(JsonException exception, int offset) =>
        new("MESH10319", offset, "JSON", exception.Message.Split(". ")[0].TrimEnd('.'));

    private static void ReadProperties(JsonNode node, ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> columns, ref long budget)
    {
        budget -= columns.Length;
        if (budget < 0) throw new MessageFormatException("MESH10316", (int)reader.TokenStartIndex, "no more values than MaxNestedValues allows", "more");
        int length = columns.Length == 0 ? 0 : columns[0].Length;
        int hint = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int index = node.IndexOf(ref reader, hint);
            reader.Read();
            if (index < 0)
            {
                reader.Skip();
                continue;
            }

            hint = index + 1;
            if (columns[index].Length > length) columns[index].Truncate(length);
            ReadValue(node.Properties[index].Node, ref reader, message, columns[index], ref budget);
        }

        for (int i = 0; i < columns.Length; i++)
        {
            if (columns[i].Length > length) continue;
            budget -= node.Properties[i].Node.Columns;
            columns[i].AppendNull();
        }
    }

    private static void ReadValue(JsonNode node, ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ColumnBuilder builder, ref long budget)
    {
        if (node.Kind == JsonKind.Text)
        {
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            var text = message[start..(int)reader.BytesConsumed];
            if (!Utf8.IsValid(text)) throw new MessageFormatException("MESH10314", start, $"UTF-8 text in '{node.Path}'", "other bytes");
            Unsafe.As<BinaryBuilder>(builder).Append(text);
            return;
        }

        if (reader.TokenType == JsonTokenType.Null)
        {
            budget -= node.Columns;
            builder.AppendNull();
            return;
        }

        switch (node.Kind)
        {
            case JsonKind.Boolean when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                Unsafe.As<BooleanBuilder>(builder).Append(reader.TokenType == JsonTokenType.True);
                break;
            case JsonKind.Integer when reader.TokenType == JsonTokenType.Number:
                Unsafe.As<FixedWidthBuilder<long>>(builder).Append(Integer(node, ref reader));
                break;
            case JsonKind.Number when reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double number):
                Unsafe.As<FixedWidthBuilder<double>>(builder).Append(number);
                break;
            case JsonKind.String when reader.TokenType == JsonTokenType.String: AppendText(ref reader, Unsafe.As<BinaryBuilder>(builder)); break;
            case JsonKind.Base64 when reader.TokenType == JsonTokenType.String: AppendBase64(node, ref reader, Unsafe.As<BinaryBuilder>(builder)); break;
            case JsonKind.List when reader.TokenType == JsonTokenType.StartArray:
                var list = Unsafe.As<ListBuilder>(builder);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) ReadValue(node.Element!, ref reader, message, list.Element, ref budget);
                list.EndList();
                break;
            case JsonKind.Object when reader.TokenType == JsonTokenType.StartObject:
                var nested = Unsafe.As<StructBuilder>(builder);
                ReadProperties(node, ref reader, message, nested.ChildSpan, ref budget);
                nested.EndStruct();
                break;
            default: throw Mismatch(node, ref reader, Expected(node.Kind));
        }
    }

    // 5.0 and 5e2 are integers too (JSON Schema, "integer").
    private static long Integer(JsonNode node, ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out long whole)) return whole;
        if (reader.TryGetDouble(out double number) && number == Math.Truncate(number) && Math.Abs(number) < 9.2e18) return (long)number;
        throw Mismatch(node, ref reader, "a whole number of 64 bits");
    }

    private static void AppendText(ref Utf8JsonReader reader, BinaryBuilder builder)
    {
        if (!reader.ValueIsEscaped)
        {
            // The reader has not yet checked the bytes of text without escapes.
            if (!Utf8.IsValid(reader.ValueSpan)) throw new MessageFormatException("MESH10314", (int)reader.TokenStartIndex, "UTF-8 text", "other bytes");
            builder.Append(reader.ValueSpan);
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            builder.Append(rented.AsSpan(0, reader.CopyString(rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void AppendBase64(JsonNode node, ref Utf8JsonReader reader, BinaryBuilder builder)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            int length = reader.CopyString(rented);
            if (Base64.DecodeFromUtf8InPlace(rented.AsSpan(0, length), out int written) != OperationStatus.Done) throw Mismatch(node, ref reader, "base64");
            builder.Append(rented.AsSpan(0, written));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static string Expected(JsonKind kind) => kind switch
    {
        JsonKind.Boolean => "true or false",
        JsonKind.Integer or JsonKind.Number => "a number",
        JsonKind.String or JsonKind.Base64 => "text",
        JsonKind.List => "an array",
        _ => "an object",
    };

    private static MessageFormatException Mismatch(JsonNode node, ref Utf8JsonReader reader, string expected) =>
        new("MESH10330", (int)reader.TokenStartIndex, $"{expected} in '{node.Path}'", reader.TokenType.ToString());
}
