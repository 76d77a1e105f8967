namespace Mesh.Kafka;

/// <summary>A record as the log has it.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Time">Its timestamp.</param>
/// <param name="Key">Key; null for none.</param>
/// <param name="Value">Value; null for none, a tombstone.</param>
/// <param name="Headers">Headers in their order; a name may come more than once.</param>
public sealed record LogRecord(EventPosition Position, DateTimeOffset Time, byte[]? Key, byte[]? Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers)
{
    /// <summary>The CloudEvents attributes in the headers; null when there are none.</summary>
    public CloudEvent? CloudEvent { get; init; }
}
