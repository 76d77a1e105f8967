using Mesh.Columnar;

namespace Mesh.Streaming.Ingest;

/// <summary>The columns every message table begins with.</summary>
public static class SystemColumns
{
    /// <summary>The fields in order.</summary>
    public static readonly IReadOnlyList<Field> Fields =
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Ingest id of the recording." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "Topic as recorded." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "0-based order in the file within recording and channel." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "Log time corrected by the clock model." },
        new("log_time_ns", DataType.Int64, Nullable: false) { Doc = "Log time as recorded, nanoseconds." },
        new("publish_time_ns", DataType.Int64) { Doc = "Publish time as recorded, nanoseconds." },
        new("clock_error_ns", DataType.Int64) { Doc = "Half-width of the clock model's 95 % band." },
    ];

    /// <summary>Name for a message field: one that collides with a system column, ignoring case, gets the suffix <c>_</c>.</summary>
    public static string Rename(string field) =>
        Fields.Any(system => system.Name.Equals(field, StringComparison.OrdinalIgnoreCase)) ? field + "_" : field;
}
