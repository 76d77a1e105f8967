using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Ingest;

/// <summary>Messages of the ingest worker; decode's numbers from 2200, because every upload enters there.</summary>
internal static partial class IngestLog
{
    [LoggerMessage(2201, LogLevel.Information, "Recording {Recording} written: {Messages} messages, {Rows} rows in {Tables} tables, {DeadLetters} dead letters, {Losses} damaged places")]
    public static partial void Written(ILogger logger, string recording, long messages, long rows, int tables, long deadLetters, int losses);

    [LoggerMessage(2202, LogLevel.Warning, "Attempt {Attempt} at recording {Recording} failed in {Stage}; trying again in {Delay}")]
    public static partial void AttemptFailed(ILogger logger, Exception exception, int attempt, IngestId recording, string stage, TimeSpan delay);

    [LoggerMessage(2203, LogLevel.Error, "Recording {Recording} is a dead letter of {Stage}: {Code}")]
    public static partial void DeadLettered(ILogger logger, Exception exception, string recording, string stage, string code);

    [LoggerMessage(2204, LogLevel.Warning, "Waiting {Delay} for a service that did not answer")]
    public static partial void Waiting(ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(2205, LogLevel.Error, "The event at {Position} is not an upload: {Error}")]
    public static partial void NotAnUpload(ILogger logger, string position, string error);

    [LoggerMessage(2206, LogLevel.Error, "The upload event at {Position} could not be finished; trying again in {Delay}")]
    public static partial void EventRetried(ILogger logger, Exception exception, string position, TimeSpan delay);

    [LoggerMessage(2207, LogLevel.Warning, "Offset {Offset} of partition {Partition} was not committed; a later one will be")]
    public static partial void OffsetNotCommitted(ILogger logger, Exception exception, int partition, long offset);
}
