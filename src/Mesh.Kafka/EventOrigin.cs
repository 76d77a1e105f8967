namespace Mesh.Kafka;

/// <summary>Where an event that is published later than it happened came from, for example one in an outbox.</summary>
/// <param name="Id">Its id as a CloudEvent; published again it has the same.</param>
/// <param name="Time">When it happened.</param>
/// <param name="TraceParent">W3C trace context it happened in; null when there was none.</param>
/// <param name="TraceState">The <c>tracestate</c> that belongs to it.</param>
public sealed record EventOrigin(string Id, DateTimeOffset Time, string? TraceParent, string? TraceState);
