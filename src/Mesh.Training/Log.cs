using Microsoft.Extensions.Logging;

namespace Mesh.Training;

internal static partial class Log
{
    [LoggerMessage(9001, LogLevel.Information, "Job {JobId} accepted: {Reason}")]
    public static partial void JobAccepted(ILogger logger, string jobId, string reason);

    [LoggerMessage(9002, LogLevel.Information, "Job {JobId} attempt {Attempt} starts {Trainer} on pool {Pool}")]
    public static partial void AttemptStarts(ILogger logger, string jobId, int attempt, string trainer, string pool);

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

    [LoggerMessage(9009, LogLevel.Information, "Job {JobId} was cancelled: {Reason}")]
    public static partial void JobCancelled(ILogger logger, string jobId, string reason);

    [LoggerMessage(9010, LogLevel.Information, "Job {JobId} ({Kind}) is done: {Output}")]
    public static partial void JobDone(ILogger logger, string jobId, string kind, string output);

    [LoggerMessage(9011, LogLevel.Information, "Job {JobId} is to make room: {Reason}")]
    public static partial void JobPreempted(ILogger logger, string jobId, string reason);

    [LoggerMessage(9012, LogLevel.Information, "Job {JobId} attempt {Attempt} goes on on pool {Pool}")]
    public static partial void AttemptAdopted(ILogger logger, string jobId, int attempt, string pool);

    [LoggerMessage(9013, LogLevel.Warning, "Waiting for the cluster {Server}: {Reason}")]
    public static partial void WaitsForCluster(ILogger logger, string server, string reason);

    [LoggerMessage(9014, LogLevel.Error, "What runs of the cancelled job {JobId} could not be ended: {Code} {Reason}")]
    public static partial void JobLeftBehind(ILogger logger, string jobId, string code, string reason);

    [LoggerMessage(9008, LogLevel.Warning, "Waiting for the database: {Reason}")]
    public static partial void WaitsForDatabase(ILogger logger, string reason);

    [LoggerMessage(9020, LogLevel.Warning, "The run of job {JobId} attempt {Attempt} is not up to date and will be completed at the next start: {Reason}")]
    public static partial void RunNotTracked(ILogger logger, string jobId, int attempt, string reason);

    [LoggerMessage(9021, LogLevel.Information, "{Count} runs of attempts that ended without Mesh are completed")]
    public static partial void RunsRecovered(ILogger logger, int count);

    [LoggerMessage(9401, LogLevel.Information, "Compression {CompressionId} accepted: {Reason}")]
    public static partial void CompressionAccepted(ILogger logger, string compressionId, string reason);

    [LoggerMessage(9402, LogLevel.Information, "Variant {Profile} of {Model} version {Version} is {Status}: {Reason}")]
    public static partial void VariantMade(ILogger logger, string model, int version, string profile, string status, string reason);

    [LoggerMessage(9403, LogLevel.Information, "Compression {CompressionId} is done: {Outcome}")]
    public static partial void ModelCompressed(ILogger logger, string compressionId, string outcome);

    [LoggerMessage(9404, LogLevel.Warning, "Compression {CompressionId} will be tried again: {Code} {Reason}")]
    public static partial void CompressionRetries(ILogger logger, string compressionId, string code, string reason);

    [LoggerMessage(9405, LogLevel.Error, "Compression {CompressionId} failed: {Code} {Reason}")]
    public static partial void CompressionFailed(ILogger logger, string compressionId, string code, string reason);

    [LoggerMessage(9406, LogLevel.Information, "{Count} compressions that ran when the process ended are resumed")]
    public static partial void CompressionsResumed(ILogger logger, int count);

    [LoggerMessage(9407, LogLevel.Error, "Event {Topic}-{Partition}@{Offset} is no registration of a model and went to the dead letters: {Error}")]
    public static partial void RegistrationRefused(ILogger logger, string topic, int partition, long offset, string error);
}
