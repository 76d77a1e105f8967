using Microsoft.Extensions.Logging;

namespace Mesh.Training;

internal static partial class Log
{
    [LoggerMessage(9001, LogLevel.Information, "Job {JobId} accepted: {Reason}")]
    public static partial void JobAccepted(ILogger logger, string jobId, string reason);

    [LoggerMessage(9002, LogLevel.Information, "Job {JobId} attempt {Attempt} starts {Trainer}")]
    public static partial void AttemptStarts(ILogger logger, string jobId, int attempt, string trainer);

    [LoggerMessage(9003, LogLevel.Information, "Job {JobId} made {Model} version {Version}, {State}: {Reason}")]
    public static partial void ModelRegistered(ILogger logger, string jobId, string model, int version, string state, string reason);

    [LoggerMessage(9004, LogLevel.Warning, "Job {JobId} will be tried again: {Code} {Reason}")]
    public static partial void JobRetries(ILogger logger, string jobId, string code, string reason);

    [LoggerMessage(9005, LogLevel.Error, "Job {JobId} failed: {Code} {Reason}")]
    public static partial void JobFailed(ILogger logger, string jobId, string code, string reason);

    [LoggerMessage(9006, LogLevel.Information, "{Count} jobs that ran when the process ended are resumed")]
    public static partial void JobsResumed(ILogger logger, int count);

    [LoggerMessage(9007, LogLevel.Error, "Event {Topic}-{Partition}@{Offset} is no job request and went to the dead letters: {Error}")]
    public static partial void EventRefused(ILogger logger, string topic, int partition, long offset, string error);

    [LoggerMessage(9008, LogLevel.Warning, "Waiting for the database: {Reason}")]
    public static partial void WaitsForDatabase(ILogger logger, string reason);
}
