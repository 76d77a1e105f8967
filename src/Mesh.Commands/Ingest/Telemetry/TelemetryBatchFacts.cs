namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>A micro-batch that has been committed.</summary>
/// <param name="At">When.</param>
/// <param name="Messages">Messages read for it.</param>
/// <param name="Delay">From the log's timestamp of its oldest message to the snapshot.</param>
public sealed record TelemetryBatchFacts(DateTimeOffset At, int Messages, TimeSpan Delay);
