using Microsoft.Extensions.Logging;

namespace Mesh.Streaming;

/// <summary>Log lines of relay and dead letters, 7020 to 7023 and 2359.</summary>
internal static partial class Log
{
    [LoggerMessage(7020, LogLevel.Warning, "The outbox waits {DelayMs} ms to publish event {Id} for {Topic}: {Reason}")]
    public static partial void OutboxWaits(ILogger logger, double delayMs, long id, string topic, string reason);

    [LoggerMessage(7021, LogLevel.Error, "The outbox cannot publish event {Id} for {Topic}, and what follows waits for it: {Reason}")]
    public static partial void OutboxStuck(ILogger logger, long id, string topic, string reason);

    [LoggerMessage(7022, LogLevel.Information, "The outbox publishes again")]
    public static partial void OutboxRecovered(ILogger logger);

    [LoggerMessage(7023, LogLevel.Warning, "{Topic} partition {Partition} offset {Offset} holds no dead letter and is left out: {Reason}")]
    public static partial void LetterUnreadable(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(2359, LogLevel.Warning, "The index of dead letters waits for the database: {Reason}")]
    public static partial void IndexWaits(ILogger logger, string reason);
}
