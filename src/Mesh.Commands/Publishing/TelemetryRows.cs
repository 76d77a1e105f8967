using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Rows;
using Mesh.Decode.Telemetry;
using Mesh.Lakehouse;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Publishing;

/// <summary>
/// Rows of one snapshot as messages of telemetry (docs/telemetry), so that another topology goes on from them: where one topology is cut in two by a topic.
/// </summary>
/// <remarks>
/// A row's number in the snapshot is the message's sequence, the snapshot the producer's session: a snapshot is always read in the same order, and the log keeps
/// that order within a partition. Rows that come again after a crash are therefore known to the reader, which drops them.
/// </remarks>
internal sealed class TelemetryRows
{
    private readonly List<KeyValuePair<string, byte[]>> constant;
    private readonly List<int> columns;
    private long sequence;

    /// <param name="table">Table.</param>
    /// <param name="snapshotId">Snapshot that added the rows.</param>
    /// <param name="schemaName">Name of the messages' schema.</param>
    /// <param name="rows">Schema of the table.</param>
    public TelemetryRows(TableIdentifier table, long snapshotId, string schemaName, Schema rows)
    {
        columns = [.. Enumerable.Range(0, rows.Fields.Count).Where(i => !IsSystem(rows.Fields[i].Name))];
        constant =
        [
            Header(TelemetryHeaders.Encoding, "json"), Header(TelemetryHeaders.Schema, schemaName), new(TelemetryHeaders.SchemaData, JsonSchemaOf(rows)),
            Header(TelemetryHeaders.Producer, $"mesh.publish/{table}"), Header(TelemetryHeaders.Session, snapshotId.ToString(CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>The message's headers; called once for each row, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> HeadersOf(RecordBatch batch, int row)
    {
        var headers = new List<KeyValuePair<string, byte[]>>(constant)
        {
            Header(TelemetryHeaders.Channel, batch["channel"].GetString(row)),
            Header(TelemetryHeaders.LogTime, batch["log_time_ns"].Values<long>()[row]),
            Header(TelemetryHeaders.Sequence, sequence++),
        };
        if (!batch["publish_time_ns"].IsNull(row)) headers.Add(Header(TelemetryHeaders.PublishTime, batch["publish_time_ns"].Values<long>()[row]));
        return headers;
    }

    /// <summary>The message's key: the vehicle, so that its messages stay in one partition.</summary>
    public static byte[] KeyOf(RecordBatch batch, int row) => batch["vehicle_id"].GetBytes(row).ToArray();

    /// <summary>Writes the message: what the row has beside the system columns.</summary>
    public void Write(Utf8JsonWriter json, RecordBatch batch, int row)
    {
        json.WriteStartObject();
        foreach (int i in columns)
        {
            json.WritePropertyName(batch.Schema.Fields[i].Name);
            RowJson.WriteValue(json, batch.Columns[i], row, nonFiniteAsNull: true);
        }

        json.WriteEndObject();
    }

    private static bool IsSystem(string name) => SystemColumns.Fields.Any(field => field.Name == name);

    private static KeyValuePair<string, byte[]> Header(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    private static KeyValuePair<string, byte[]> Header(string name, long number) => Header(name, number.ToString(CultureInfo.InvariantCulture));

    private byte[] JsonSchemaOf(Schema rows)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) WriteObject(json, columns.Select(i => rows.Fields[i]));
        return stream.ToArray();
    }

    private static void WriteObject(Utf8JsonWriter json, IEnumerable<Field> fields)
    {
        json.WriteStartObject();
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var field in fields)
        {
            json.WritePropertyName(field.Name);
            WriteType(json, field.Type);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The types of RowJson's values.
    private static void WriteType(Utf8JsonWriter json, DataType type)
    {
        switch (type)
        {
            case StructType structure:
                WriteObject(json, structure.Fields);
                return;
            case ListType list:
                WriteArray(json, list.Element.Type);
                return;
            case MapType map:
                WriteArray(json, new StructType([map.Key with { Name = "key" }, map.Value with { Name = "value" }]));
                return;
        }

        json.WriteStartObject();
        json.WriteString("type", type.Kind switch
        {
            TypeKind.Boolean => "boolean",
            TypeKind.Int32 or TypeKind.Int64 => "integer",
            TypeKind.Float16 or TypeKind.Float32 or TypeKind.Float64 => "number",
            _ => "string",
        });
        if (type.Kind is TypeKind.Binary or TypeKind.FixedBinary) json.WriteString("contentEncoding", "base64");
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, DataType element)
    {
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WritePropertyName("items");
        WriteType(json, element);
        json.WriteEndObject();
    }
}
