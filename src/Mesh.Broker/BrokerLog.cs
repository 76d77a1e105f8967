using Microsoft.Extensions.Logging;

namespace Mesh.Broker;

/// <summary>Everything the broker and the registry log. 7000 broker, 7040 schema registry.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(7000, LogLevel.Information, "Kafka protocol on {Address}, data in {Folder}: {Topics} topics, {Partitions} partitions, opened in {Milliseconds} ms")]
    public static partial void Started(ILogger logger, string address, string folder, int topics, int partitions, long milliseconds);

    [LoggerMessage(7001, LogLevel.Information, "Broker stopped, everything synchronised")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(7002, LogLevel.Error, "{LostBytes} bytes lost at byte {Position} of {Path}: {Reason}")]
    public static partial void DataLost(ILogger logger, long lostBytes, long position, string path, string reason);

    [LoggerMessage(7003, LogLevel.Error, "Nothing can be written to {Folder}: {Reason}. Clients are told to try again; free disk space or check the disk")]
    public static partial void AppendFailed(ILogger logger, string folder, string reason);

    [LoggerMessage(7004, LogLevel.Information, "Connection of {Client} closed: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, string client, string reason);

    [LoggerMessage(7005, LogLevel.Error, "Request {Api} of {Client} failed; its connection is closed")]
    public static partial void RequestFailed(ILogger logger, string api, string client, Exception exception);

    [LoggerMessage(7006, LogLevel.Warning, "Authentication of {Client} failed for user {User}")]
    public static partial void AuthenticationFailed(ILogger logger, string client, string user);

    [LoggerMessage(7007, LogLevel.Information, "Topic {Topic} created with {Partitions} partitions")]
    public static partial void TopicCreated(ILogger logger, string topic, int partitions);

    [LoggerMessage(7008, LogLevel.Information, "Topic {Topic} deleted")]
    public static partial void TopicDeleted(ILogger logger, string topic);

    [LoggerMessage(7009, LogLevel.Warning, "{Path} belongs to no topic and was moved to {Target}")]
    public static partial void Stray(ILogger logger, string path, string target);

    [LoggerMessage(7010, LogLevel.Information, "Group {Group}: generation {Generation} with {Members} members")]
    public static partial void GroupRebalanced(ILogger logger, string group, int generation, int members);

    [LoggerMessage(7011, LogLevel.Information, "Group {Group}: member {Member} was not heard of in time")]
    public static partial void MemberExpired(ILogger logger, string group, string member);

    [LoggerMessage(7012, LogLevel.Error, "Accepting connections failed")]
    public static partial void AcceptFailed(ILogger logger, Exception exception);

    [LoggerMessage(7013, LogLevel.Warning, "{Folder} was opened again at offset {Offset} after synchronising it had failed; nothing acknowledged was lost")]
    public static partial void Reopened(ILogger logger, string folder, long offset);

    [LoggerMessage(7014, LogLevel.Error, "{Folder} could not be compacted and stays as it is: {Reason}")]
    public static partial void CompactionFailed(ILogger logger, string folder, string reason);

    [LoggerMessage(7020, LogLevel.Warning, "Everybody on the network can read and write everything: Kafka protocol on {Address} without TLS and users (AllowInsecure)")]
    public static partial void ListensInsecurely(ILogger logger, string address);

    [LoggerMessage(7021, LogLevel.Information, "Users read from {Path}")]
    public static partial void UsersRead(ILogger logger, string path);

    [LoggerMessage(7022, LogLevel.Error, "The users stay as they were: {Reason}")]
    public static partial void UsersFileRefused(ILogger logger, string reason);

    [LoggerMessage(7023, LogLevel.Warning, "The users file {Path} can be read by everybody on this machine. Make it readable by its owner only: chmod 600")]
    public static partial void UsersFileIsOpen(ILogger logger, string path);

    [LoggerMessage(7024, LogLevel.Information, "{Principal} {Change} access control entry: {Entry}")]
    public static partial void AclChanged(ILogger logger, string principal, string change, string entry);

    [LoggerMessage(7030, LogLevel.Warning, "Transaction of {TransactionalId} took longer than its {TimeoutMs} ms and is aborted")]
    public static partial void TransactionTimedOut(ILogger logger, string transactionalId, double timeoutMs);

    [LoggerMessage(7031, LogLevel.Information, "Open transaction of {TransactionalId} aborted: another producer took over its id")]
    public static partial void TransactionFenced(ILogger logger, string transactionalId);

    [LoggerMessage(7032, LogLevel.Error, "Transaction of {TransactionalId} is decided but could not be carried out everywhere; it is tried again every second")]
    public static partial void TransactionUnfinished(ILogger logger, string transactionalId);

    [LoggerMessage(7033, LogLevel.Error, "Looking for what is overdue failed; it is tried again")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(7034, LogLevel.Information, "Offsets of group {Group} forgotten: nobody used it since {LastActive:u}")]
    public static partial void GroupExpired(ILogger logger, string group, DateTimeOffset lastActive);

    [LoggerMessage(7035, LogLevel.Error, "Producer {ProducerId} has a transaction open in {Topic}-{Partition} that the coordinator does not know: its records are aborted")]
    public static partial void UnknownTransactionAborted(ILogger logger, long producerId, string topic, int partition);

    [LoggerMessage(7040, LogLevel.Warning, "Record {Offset} of {Topic} is not a schema record and was skipped: {Reason}")]
    public static partial void SchemaRecordSkipped(ILogger logger, string topic, long offset, string reason);

    [LoggerMessage(7041, LogLevel.Error, "{Topic} cannot be read from offset {Offset} on: {Reason}")]
    public static partial void SchemasUnreadable(ILogger logger, string topic, long offset, string reason);
}
