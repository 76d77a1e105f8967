using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>Messages of the telemetry worker, 2400 to 2449.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(2401, LogLevel.Debug, "{Messages} messages of {Topic} are {Rows} rows in {Tables} tables; {DeadLetters} dead letters, {Duplicates} sent again, {Late} late")]
    public static partial void Committed(ILogger logger, int messages, string topic, long rows, int tables, int deadLetters, long duplicates, long late);

    [LoggerMessage(2402, LogLevel.Warning, "A micro-batch of {Topic} failed and is tried again in {Delay}")]
    public static partial void Retried(ILogger logger, Exception exception, string topic, TimeSpan delay);

    [LoggerMessage(2403, LogLevel.Information, "Another reader of {Group} has committed rows of {Topic} meanwhile; reading the tables' offsets again")]
    public static partial void Fenced(ILogger logger, string group, string topic);

    [LoggerMessage(2404, LogLevel.Error, "{Count} messages of {Source} from offset {Offset} are lost: the log has deleted them before they were read")]
    public static partial void Lost(ILogger logger, long count, string source, long offset);

    [LoggerMessage(2405, LogLevel.Warning, "{Topic} is another topic now than {Before}: it was deleted and created again; reading it from its beginning as {Now}")]
    public static partial void Recreated(ILogger logger, string topic, string before, string now);

    [LoggerMessage(2406, LogLevel.Warning, "Reading {Topic} begins again: {Reason}")]
    public static partial void Restarted(ILogger logger, string topic, string reason);

    [LoggerMessage(2407, LogLevel.Warning, "The group's offset of {Topic} partition {Partition} was not committed; a later one will be: {Reason}")]
    public static partial void OffsetNotCommitted(ILogger logger, string topic, int partition, string reason);

    [LoggerMessage(2409, LogLevel.Warning, "The windows of {Vehicles} vehicles of {Topology} ended early: all together held more than {Bytes} bytes. Their frames from here on begin anew; raise telemetry.maxFrameBytes or lower the limits of the inputs")]
    public static partial void FramesCut(ILogger logger, int vehicles, string topology, long bytes);

    [LoggerMessage(2408, LogLevel.Error, "The telemetry message at {Source} offset {Offset} cannot be handled")]
    public static partial void Poison(ILogger logger, Exception exception, string source, long offset);
}
