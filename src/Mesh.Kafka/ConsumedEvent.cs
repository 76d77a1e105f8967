using Google.Protobuf;

namespace Mesh.Kafka;

/// <summary>An event as it came from the log.</summary>
/// <typeparam name="T">Generated event class.</typeparam>
public sealed record ConsumedEvent<T>(EventPosition Position, string Key, ReadOnlyMemory<byte> RawValue) : IConsumed
    where T : class, IMessage<T>
{
    /// <summary>The event; null when the bytes are not one (see <see cref="Error"/>).</summary>
    public T? Value { get; init; }

    /// <summary>Why <see cref="Value"/> is null.</summary>
    public string? Error { get; init; }

    /// <summary>The CloudEvents attributes from the record's headers; null when it has none. A repeated event has the same source and id.</summary>
    public CloudEvent? CloudEvent { get; init; }

    /// <summary>W3C trace context from the record's headers.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The <c>tracestate</c> that belongs to it.</summary>
    public string? TraceState { get; init; }

    int IConsumed.Bytes => RawValue.Length;
}
