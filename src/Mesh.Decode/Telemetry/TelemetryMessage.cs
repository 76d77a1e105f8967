using System.Globalization;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Decode.Telemetry;

/// <summary>What the headers of a telemetry message say.</summary>
/// <param name="Encoding">Encoding of the value.</param>
/// <param name="Channel">Channel; empty for <c>can</c> frames, whose channel is their bus.</param>
/// <param name="SchemaName">Message type; empty when none is named.</param>
/// <param name="LogTimeNs">When it was recorded.</param>
/// <param name="PublishTimeNs">When it was published.</param>
public sealed record TelemetryMessage(string Encoding, string Channel, string SchemaName, ulong LogTimeNs, ulong PublishTimeNs)
{
    /// <summary>Encoding <c>can</c>.</summary>
    public const string Can = "can";

    private const int MaxNameLength = 1024;

    /// <summary>Encoding of the schema; empty when none is named.</summary>
    public string SchemaEncoding { get; init; } = "";

    /// <summary>The schema as the message carries it; null when it does not.</summary>
    public byte[]? SchemaData { get; init; }

    /// <summary>Id of the schema in the registry, from its header; null when there is none.</summary>
    public int? SchemaId { get; init; }

    /// <summary>Who sends and in which session, as one text; null when resends cannot be told.</summary>
    public string? Producer { get; init; }

    /// <summary>The producer's number.</summary>
    public long Sequence { get; init; }

    /// <summary>Reads the headers of a record.</summary>
    /// <exception cref="MeshException"><c>MESH2401</c>: a header is missing or wrong.</exception>
    public static TelemetryMessage Read(LogRecord record)
    {
        string? encoding = null, contentType = null, channel = null, schema = null, schemaEncoding = null, producer = null, session = null;
        byte[]? schemaData = null, schemaId = null, logTime = null, publishTime = null, sequence = null;
        // One pass: of a name that comes twice, the last counts.
        foreach (var (name, value) in record.Headers)
        {
            switch (name)
            {
                case TelemetryHeaders.Encoding: encoding = Text(name, value); break;
                case TelemetryHeaders.ContentType: contentType = Text(name, value); break;
                case TelemetryHeaders.Channel: channel = Text(name, value); break;
                case TelemetryHeaders.Schema: schema = Text(name, value); break;
                case TelemetryHeaders.SchemaEncoding: schemaEncoding = Text(name, value); break;
                case TelemetryHeaders.Producer: producer = Text(name, value); break;
                case TelemetryHeaders.Session: session = Text(name, value); break;
                case TelemetryHeaders.SchemaData: schemaData = value; break;
                case TelemetryHeaders.SchemaId: schemaId = value; break;
                case TelemetryHeaders.LogTime: logTime = value; break;
                case TelemetryHeaders.PublishTime: publishTime = value; break;
                case TelemetryHeaders.Sequence: sequence = value; break;
            }
        }

        encoding = (encoding ?? EncodingOf(contentType)).ToLowerInvariant();
        if (encoding is not ("protobuf" or "json" or "cdr" or "ros1" or Can))
        {
            throw Wrong(encoding.Length == 0
                ? $"it has no header {TelemetryHeaders.Encoding}; set it to protobuf, json, cdr, ros1 or can"
                : $"{TelemetryHeaders.Encoding} is '{encoding}', but should be protobuf, json, cdr, ros1 or can");
        }

        if (string.IsNullOrEmpty(channel) && encoding != Can) throw Wrong($"it has no header {TelemetryHeaders.Channel}; name the topic as a recording would, for example /imu");
        if (record.Value is null) throw Wrong("it has no value");
        ulong logTimeNs = logTime is null ? (ulong)Math.Max(0, record.Time.ToUnixTimeMilliseconds()) * 1_000_000 : Number<ulong>(TelemetryHeaders.LogTime, logTime);
        return new TelemetryMessage(encoding, channel ?? "", schema ?? "", logTimeNs, publishTime is null ? logTimeNs : Number<ulong>(TelemetryHeaders.PublishTime, publishTime))
        {
            SchemaEncoding = schemaEncoding ?? "",
            SchemaData = schemaData,
            SchemaId = schemaId is null ? null : Number<int>(TelemetryHeaders.SchemaId, schemaId),
            Producer = producer is not null && sequence is not null ? $"{producer}\n{session}" : null,
            Sequence = sequence is null ? 0 : Number<long>(TelemetryHeaders.Sequence, sequence),
        };
    }

    private static string EncodingOf(string? contentType)
    {
        string media = (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        return media switch
        {
            "application/json" => "json",
            "application/protobuf" or "application/x-protobuf" or "application/vnd.google.protobuf" => "protobuf",
            _ when media.EndsWith("+json", StringComparison.Ordinal) => "json",
            _ => "",
        };
    }

    private static string Text(string name, byte[] value) => value.Length <= MaxNameLength
        ? System.Text.Encoding.UTF8.GetString(value)
        : throw Wrong($"{name} has {value.Length:N0} bytes, but may have {MaxNameLength}");

    private static T Number<T>(string name, byte[] value)
        where T : struct, IUtf8SpanParsable<T> =>
        T.TryParse(value, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong($"{name} is '{System.Text.Encoding.UTF8.GetString(value.AsSpan(0, Math.Min(value.Length, 40)))}', but should be a whole number in decimal digits");

    private static MeshException Wrong(string what) => new("MESH2401", $"The telemetry message cannot be read: {what}. Correct its producer (docs/telemetry).");
}
