using Mesh.Columnar;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Tests.Bus;

/// <summary>Decodes payloads with a database and gives the values back in plain form.</summary>
internal static class Signals
{
    public static BusDatabase Database(string text) => BusDatabase.Parse("test.dbc", System.Text.Encoding.UTF8.GetBytes(text));

    public static Dictionary<string, object?> Decode(BusMessage message, string hex, MessageDecoderOptions? options = null) =>
        Decode(message, [Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))], options)[0];

    public static List<Dictionary<string, object?>> Decode(BusMessage message, IReadOnlyList<byte[]> payloads, MessageDecoderOptions? options = null)
    {
        var decoder = MessageDecoders.Create(message.IsJ1939 ? "j1939" : "can", BusSchemas.SchemaOf(message), options);
        var builder = new StructBuilder(decoder.Type);
        byte[] data = [.. payloads.SelectMany(payload => payload)];
        var run = new MessageRef[payloads.Count];
        int offset = 0;
        for (int i = 0; i < run.Length; i++)
        {
            run[i] = new MessageRef(0, 0, 0, 0, offset, payloads[i].Length, 0);
            offset += payloads[i].Length;
        }

        int rows = decoder.DecodeRun(data, run, [.. builder.Children], out var failure);
        if (failure is not null) throw failure;
        builder.EndStructs(rows);
        return Rows(builder.BuildBatch());
    }

    public static List<Dictionary<string, object?>> Rows(RecordBatch batch)
    {
        var rows = new List<Dictionary<string, object?>>();
        for (int i = 0; i < batch.Length; i++)
        {
            var row = new Dictionary<string, object?>();
            for (int c = 0; c < batch.Columns.Count; c++) row[batch.Schema.Fields[c].Name] = Value(batch.Columns[c], i);
            rows.Add(row);
        }

        return rows;
    }

    private static object? Value(ColumnVector column, int index) => column.IsNull(index) ? null : column.Type.Kind switch
    {
        TypeKind.Boolean => column.GetBoolean(index),
        TypeKind.Int32 => (long)column.Values<int>()[index],
        TypeKind.Int64 => column.Values<long>()[index],
        TypeKind.Decimal128 => column.Values<Int128>()[index],
        TypeKind.Float32 => (double)column.Values<float>()[index],
        TypeKind.Float64 => column.Values<double>()[index],
        TypeKind.Utf8 => column.GetString(index),
        TypeKind.Binary => Convert.ToHexStringLower(column.GetBytes(index)),
        _ => throw new NotSupportedException(),
    };
}
