using Mesh.Columnar;
using Mesh.Kafka;
using Mesh.Kafka.Events;

namespace Mesh.Commands.DeadLetters;

/// <summary>Dead letters as rows of <c>mesh.dead_letters</c>, one for each record of their topics.</summary>
internal static class DeadLetterRows
{
    /// <summary>Code of a record on a dead-letter topic that is no dead letter.</summary>
    public const string UnreadableCode = "MESH2440";

    private static readonly StructType Row = new(
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Hash of topic, partition and the topic's creation id: where the letter lies." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle; empty when the letter belongs to none." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "Channel, or table of a file set; empty for a whole recording." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "Offset of the letter in its partition." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "When the letter was created." },
        new("letter_id", DataType.Utf8, Nullable: false) { Doc = "Identity of the letter; an attempt that was repeated wrote it again." },
        new("stage", DataType.Utf8, Nullable: false) { Doc = "Stage that could not handle it." },
        new("code", DataType.Utf8, Nullable: false) { Doc = "Stable code of the error." },
        new("reason", DataType.Utf8, Nullable: false) { Doc = "What, where, what to do." },
        new("ingest_id", DataType.Utf8) { Doc = "The recording; null when the letter belongs to none." },
        new("first_sequence", DataType.Int64) { Doc = "First sequence in the channel; null for a whole recording or file set." },
        new("last_sequence", DataType.Int64) { Doc = "Last one; equal to the first for a single message." },
        new("count", DataType.Int64, Nullable: false) { Doc = "Messages it stands for." },
        new("message_time_ns", DataType.Int64) { Doc = "Log time of the first message, nanoseconds; null when unknown." },
        new("schema_name", DataType.Utf8) { Doc = "Message type in the recording." },
        new("payload", DataType.Binary) { Doc = "The message, when it was small enough to be part of the letter." },
        new("payload_uri", DataType.Utf8) { Doc = "Else the recording it is in." },
        new("payload_offset", DataType.Int64) { Doc = "Byte position in it." },
        new("payload_bytes", DataType.Int64) { Doc = "Bytes of the message." },
        new("attempts", DataType.Int32, Nullable: false) { Doc = "Attempts made before it was given up." },
        new("topology", DataType.Utf8) { Doc = "Topology that the stage ran; null for stages that run none." },
        new("topology_version", DataType.Utf8) { Doc = "Its version." },
        new("source_topic", DataType.Utf8) { Doc = "Topic of the event that was being handled." },
        new("source_partition", DataType.Int32) { Doc = "Its partition." },
        new("source_offset", DataType.Int64) { Doc = "Its offset." },
        new("letter_topic", DataType.Utf8, Nullable: false) { Doc = "Topic of the letter." },
        new("letter_partition", DataType.Int32, Nullable: false) { Doc = "Its partition." },
    ]);

    /// <summary>The rows.</summary>
    /// <param name="letters">Records of dead-letter topics, each with the source it was read from.</param>
    /// <param name="nowUs">Time given to those that tell none, microseconds.</param>
    public static RecordBatch Of(IEnumerable<(TopicSource Source, ConsumedEvent<DeadLetter> Record)> letters, long nowUs)
    {
        var rows = new StructBuilder(Row);
        foreach (var (source, record) in letters) Append(rows, source, record.Position, record.Value ?? Unreadable(record), nowUs);
        return rows.BuildBatch();
    }

    // It stays where it is, and the table says that it is there.
    private static DeadLetter Unreadable(ConsumedEvent<DeadLetter> record) => new()
    {
        Stage = StageOf(record.Position.Topic),
        Code = UnreadableCode,
        Reason = $"Not a dead letter: {record.Error} Find out who else writes to {record.Position.Topic}.",
        Sequence = -1,
        Payload = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(record.RawValue),
    };

    private static string StageOf(string topic) => topic.Split('.') is [_, var stage, ..] ? stage : "";

    private static void Append(StructBuilder rows, TopicSource source, EventPosition position, DeadLetter letter, long nowUs)
    {
        bool isPart = letter.Sequence >= 0;
        bool isChecked = letter.PayloadUri.Length > 0;
        long payloadBytes = Math.Max(letter.PayloadBytes, letter.Payload.Length);
        Text(rows, 0, source.RecordingId);
        Text(rows, 1, letter.VehicleId);
        Text(rows, 2, letter.Channel);
        Number(rows, 3, position.Offset);
        Number(rows, 4, letter.CreatedAtUs > 0 ? letter.CreatedAtUs : nowUs);
        Text(rows, 5, letter.Id);
        Text(rows, 6, letter.Stage);
        Text(rows, 7, letter.Code);
        Text(rows, 8, letter.Reason);
        OptionalText(rows, 9, letter.IngestId);
        Number(rows, 10, isPart ? letter.Sequence : null);
        Number(rows, 11, isPart ? Math.Max(letter.Sequence, letter.LastSequence) : null);
        Number(rows, 12, Math.Max(1, letter.Count));
        Number(rows, 13, letter.LogTimeNs is > 0 and <= long.MaxValue ? (long)letter.LogTimeNs : null);
        OptionalText(rows, 14, letter.SchemaName);
        if (letter.Payload.Length > 0) ((BinaryBuilder)rows.Children[15]).Append(letter.Payload.Span);
        else rows.Children[15].AppendNull();
        OptionalText(rows, 16, letter.PayloadUri);
        Number(rows, 17, isChecked ? letter.PayloadOffset : null);
        Number(rows, 18, isChecked || payloadBytes > 0 ? payloadBytes : null);
        Small(rows, 19, letter.Attempts);
        OptionalText(rows, 20, letter.Topology);
        OptionalText(rows, 21, letter.TopologyVersion);
        OptionalText(rows, 22, letter.Source?.Topic ?? "");
        Small(rows, 23, letter.Source?.Partition);
        Number(rows, 24, letter.Source?.Offset);
        Text(rows, 25, position.Topic);
        Small(rows, 26, position.Partition);
        rows.EndStruct();
    }

    private static void Text(StructBuilder rows, int field, string value) => ((BinaryBuilder)rows.Children[field]).Append(value);

    private static void OptionalText(StructBuilder rows, int field, string value)
    {
        if (value.Length == 0) rows.Children[field].AppendNull();
        else Text(rows, field, value);
    }

    private static void Number(StructBuilder rows, int field, long? value)
    {
        if (value is null) rows.Children[field].AppendNull();
        else ((FixedWidthBuilder<long>)rows.Children[field]).Append(value.Value);
    }

    private static void Small(StructBuilder rows, int field, int? value)
    {
        if (value is null) rows.Children[field].AppendNull();
        else ((FixedWidthBuilder<int>)rows.Children[field]).Append(value.Value);
    }
}
