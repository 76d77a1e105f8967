using System.Diagnostics;

namespace Mesh.Model;

/// <summary>Spans of Mesh's own work. Those of the event log come from <c>Mesh.Kafka</c>, those of HTTP requests from the web server.</summary>
public static class MeshTracing
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "Mesh";

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>
    /// Begins a span that continues a trace from before a restart or another process. It is there also when nobody listens, so that the
    /// events written meanwhile belong to the same trace.
    /// </summary>
    /// <param name="name">What is done.</param>
    /// <param name="kind">Which end of a conversation this is.</param>
    /// <param name="traceParent">W3C trace context to continue; null or unreadable begins a trace.</param>
    public static Activity Continue(string name, ActivityKind kind, string? traceParent)
    {
        bool continues = ActivityContext.TryParse(traceParent, null, isRemote: true, out var context);
        if (Source.StartActivity(name, kind, context) is { } activity) return activity;
        activity = new Activity(name);
        if (continues) activity.SetParentId(context.TraceId, context.SpanId, context.TraceFlags);
        return activity.Start();
    }

    /// <summary>Marks a span as failed.</summary>
    /// <param name="activity">The span; null when nobody listens.</param>
    /// <param name="exception">Why.</param>
    public static void Fail(this Activity? activity, Exception exception)
    {
        activity?.SetTag("error.type", exception is MeshException { Code: var code } ? code : exception.GetType().FullName);
        activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
    }
}
