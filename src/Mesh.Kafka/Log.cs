using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>Log lines of the Kafka client, 7001 to 7019.</summary>
internal static partial class Log
{
    [LoggerMessage(7001, LogLevel.Warning, "No broker answers at {Bootstrap} (kafka.bootstrap); waiting for one: {Reason}")]
    public static partial void BrokersAway(ILogger logger, string bootstrap, string reason);

    [LoggerMessage(7002, LogLevel.Debug, "{Client}: {Facility}: {Text}")]
    public static partial void ClientDebug(ILogger logger, string client, string facility, string text);

    [LoggerMessage(7003, LogLevel.Warning, "{Client}: {Facility}: {Text}")]
    public static partial void ClientWarning(ILogger logger, string client, string facility, string text);

    [LoggerMessage(7004, LogLevel.Information, "{Group} reads {Topic} partitions [{Partitions}]")]
    public static partial void Assigned(ILogger logger, string group, string topic, string partitions);

    [LoggerMessage(7005, LogLevel.Information, "{Group} gave up {Topic} partitions [{Partitions}]")]
    public static partial void Revoked(ILogger logger, string group, string topic, string partitions);

    [LoggerMessage(7006, LogLevel.Warning, "{Group} could not commit its offsets of {Topic} and tries again: {Reason}")]
    public static partial void CommitRetried(ILogger logger, string group, string topic, string reason);

    [LoggerMessage(7007, LogLevel.Error, "{Topic} partition {Partition} offset {Offset} holds no event: {Reason}")]
    public static partial void Unreadable(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(7008, LogLevel.Error, "The Kafka client {Client} failed for good and is replaced: {Reason}")]
    public static partial void ClientReplaced(ILogger logger, string client, string reason);

    [LoggerMessage(7009, LogLevel.Warning, "The schema registry at {Url} (schemaRegistry.url) did not answer; attempt {Attempt}: {Reason}")]
    public static partial void RegistryRetried(ILogger logger, string url, int attempt, string reason);

    [LoggerMessage(7010, LogLevel.Warning, "{Group} waits for topic {Topic}: {Reason}")]
    public static partial void ReadRetried(ILogger logger, string group, string topic, string reason);

    [LoggerMessage(7011, LogLevel.Debug, "{Group} dropped the commit of {Topic} partition {Partition}, which another member reads now")]
    public static partial void CommitDropped(ILogger logger, string group, string topic, int partition);

    [LoggerMessage(7012, LogLevel.Information, "Created topic {Topic} with {Partitions} partitions")]
    public static partial void TopicCreated(ILogger logger, string topic, int partitions);

    [LoggerMessage(7013, LogLevel.Warning, "{Group} stopped reading {Topic} while the broker was away and a commit under way: those events come again")]
    public static partial void StopAbandoned(ILogger logger, string group, string topic);
}
