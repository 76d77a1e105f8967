using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Google.Protobuf;

namespace Mesh.Kafka;

/// <summary>
/// Traces across the log, by OpenTelemetry's conventions for messaging with Kafka: a producer span for each event sent, a client span for
/// each batch received and a consumer span for each event processed, linked by the W3C trace context in the record's headers.
/// </summary>
public static class EventTracing
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "Mesh.Kafka";

    private const string TraceParentHeader = "traceparent";
    private const string TraceStateHeader = "tracestate";

    /// <summary>Links of one span; what a batch has beyond them is only counted.</summary>
    private const int MaxLinks = 128;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>
    /// Begins the span of processing one event: a child of the span that sent it, and linked to it. It is there also when nobody listens, so
    /// that what is published meanwhile belongs to the same trace.
    /// </summary>
    /// <param name="consumed">The event.</param>
    /// <param name="group">Consumer group that processes it.</param>
    public static Activity StartProcessing<T>(this ConsumedEvent<T> consumed, string group)
        where T : class, IMessage<T>
    {
        var activity = StartProcessing(consumed.Position.Topic, [consumed], group);
        activity.SetTag("messaging.destination.partition.id", consumed.Position.Partition.ToString(CultureInfo.InvariantCulture));
        activity.SetTag("messaging.kafka.offset", consumed.Position.Offset);
        activity.SetTag("messaging.kafka.message.key", consumed.Key);
        if (consumed.CloudEvent is { } cloudEvent) Describe(activity, cloudEvent);
        return activity;
    }

    /// <summary>Begins the span of processing events together: linked to all that sent them, and a child of the first.</summary>
    /// <param name="batch">At least one event, all of one topic.</param>
    /// <param name="group">Consumer group that processes them.</param>
    public static Activity StartProcessing<T>(this IReadOnlyList<ConsumedEvent<T>> batch, string group)
        where T : class, IMessage<T>
    {
        var activity = StartProcessing(batch[0].Position.Topic, batch, group);
        activity.SetTag("messaging.batch.message_count", batch.Count);
        return activity;
    }

    private static Activity StartProcessing<T>(string topic, IReadOnlyList<ConsumedEvent<T>> batch, string group)
        where T : class, IMessage<T>
    {
        var context = ContextOf(batch[0].TraceParent, batch[0].TraceState, isRemote: true);
        if (Source.HasListeners() && Source.StartActivity($"process {topic}", ActivityKind.Consumer, context, links: LinksTo(batch)) is { } activity)
        {
            Describe(activity, "process", "process", topic);
            activity.SetTag("messaging.consumer.group.name", group);
            return activity;
        }

        activity = new Activity($"process {topic}");
        if (context != default)
        {
            activity.SetParentId(context.TraceId, context.SpanId, context.TraceFlags);
            activity.TraceStateString = context.TraceState;
        }

        return activity.Start();
    }

    internal static Activity? StartSending(string topic, CloudEvent cloudEvent, string key, int valueBytes, EventOrigin? origin)
    {
        if (!Source.HasListeners()) return null;
        var parent = ContextOf(origin?.TraceParent, origin?.TraceState, isRemote: false);
        // An event of an outbox belongs to the trace it happened in, not to that of whoever empties the outbox.
        var activity = parent == default
            ? Source.StartActivity($"send {topic}", ActivityKind.Producer)
            : Source.StartActivity($"send {topic}", ActivityKind.Producer, parent);
        if (activity is null) return null;
        Describe(activity, "send", "send", topic);
        activity.SetTag("messaging.kafka.message.key", key);
        activity.SetTag("messaging.message.body.size", valueBytes);
        Describe(activity, cloudEvent);
        return activity;
    }

    internal static void Sent(Activity? activity, EventPosition position)
    {
        activity?.SetTag("messaging.destination.partition.id", position.Partition.ToString(CultureInfo.InvariantCulture));
        activity?.SetTag("messaging.kafka.offset", position.Offset);
    }

    internal static void Failed(Activity? activity, string errorType, string reason)
    {
        activity?.SetTag("error.type", errorType);
        activity?.SetStatus(ActivityStatusCode.Error, reason);
    }

    /// <summary>Records that a batch was received, with links to what sent its events.</summary>
    internal static void Received<T>(IReadOnlyList<ConsumedEvent<T>> batch, string group, DateTime startedUtc)
        where T : class, IMessage<T>
    {
        if (batch.Count == 0 || !Source.HasListeners()) return;
        using var activity = Source.StartActivity($"receive {batch[0].Position.Topic}", ActivityKind.Client, default(ActivityContext), links: LinksTo(batch), startTime: startedUtc);
        if (activity is null) return;
        Describe(activity, "receive", "poll", batch[0].Position.Topic);
        activity.SetTag("messaging.consumer.group.name", group);
        activity.SetTag("messaging.batch.message_count", batch.Count);
    }

    /// <summary>Adds the trace context to a record's headers; every event has one, if need be one that begins here.</summary>
    internal static void Inject(Headers headers, Activity? sending, EventOrigin? origin)
    {
        var activity = sending ?? (origin?.TraceParent is null ? Activity.Current : null);
        string? parent = activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : origin?.TraceParent;
        string? state = activity is not null ? activity.TraceStateString : origin?.TraceState;
        parent ??= $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00";
        headers.Add(TraceParentHeader, Encoding.ASCII.GetBytes(parent));
        if (!string.IsNullOrEmpty(state)) headers.Add(TraceStateHeader, Encoding.ASCII.GetBytes(state));
    }

    internal static (string? TraceParent, string? TraceState) Extract(Headers? headers) =>
        (TextOf(headers, TraceParentHeader), TextOf(headers, TraceStateHeader));

    private static string? TextOf(Headers? headers, string name) =>
        headers is not null && headers.TryGetLastBytes(name, out byte[]? bytes) && bytes is { Length: > 0 } ? Encoding.ASCII.GetString(bytes) : null;

    private static ActivityContext ContextOf(string? traceParent, string? traceState, bool isRemote) =>
        ActivityContext.TryParse(traceParent, traceState, isRemote, out var context) ? context : default;

    private static void Describe(Activity activity, string type, string name, string topic)
    {
        activity.SetTag("messaging.system", "kafka");
        activity.SetTag("messaging.operation.type", type);
        activity.SetTag("messaging.operation.name", name);
        activity.SetTag("messaging.destination.name", topic);
    }

    private static void Describe(Activity activity, CloudEvent cloudEvent)
    {
        activity.SetTag("messaging.message.id", cloudEvent.Id);
        activity.SetTag("cloudevents.event_id", cloudEvent.Id);
        activity.SetTag("cloudevents.event_source", cloudEvent.Source);
        activity.SetTag("cloudevents.event_type", cloudEvent.Type);
    }

    private static List<ActivityLink> LinksTo<T>(IReadOnlyList<ConsumedEvent<T>> batch)
        where T : class, IMessage<T> =>
        [.. batch.Select(consumed => ContextOf(consumed.TraceParent, consumed.TraceState, isRemote: true))
            .Where(context => context != default).Distinct().Take(MaxLinks).Select(context => new ActivityLink(context))];
}
