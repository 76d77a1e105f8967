using System.Diagnostics.Metrics;

namespace Mesh.Streaming;

/// <summary>Meter <c>Mesh.Streaming</c>.</summary>
internal static class StreamingMetrics
{
    private static readonly Meter Meter = new("Mesh.Streaming");

    public static readonly Counter<long> DeadLetters =
        Meter.CreateCounter<long>("mesh.dead_letters", "{message}", "Messages that became dead letters, by stage and code.");

    public static readonly Counter<long> OutboxPublished =
        Meter.CreateCounter<long>("mesh.outbox.published", "{event}", "Events of the outbox that the log has taken.");
}
