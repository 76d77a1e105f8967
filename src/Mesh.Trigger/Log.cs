using Microsoft.Extensions.Logging;

namespace Mesh.Trigger;

internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Information, "Trigger {Rule} fired for {Product}: {Reason}")]
    public static partial void Fired(ILogger logger, string rule, string product, string reason);

    [LoggerMessage(6002, LogLevel.Error, "Event {Topic}-{Partition}@{Offset} is no snapshot-committed event and went to the dead letters: {Error}")]
    public static partial void EventRefused(ILogger logger, string topic, int partition, long offset, string error);

    [LoggerMessage(6003, LogLevel.Warning, "Trigger {Rule} watches product {Product}, which no table holds")]
    public static partial void ProductUnknown(ILogger logger, string rule, string product);

    [LoggerMessage(6004, LogLevel.Warning, "Waiting for the database: {Reason}")]
    public static partial void WaitsForDatabase(ILogger logger, string reason);

    [LoggerMessage(6005, LogLevel.Warning, "Of table {Table} could not be measured in full {Measures}: {Reason}")]
    public static partial void NotMeasured(ILogger logger, string table, string measures, string reason);

    [LoggerMessage(6006, LogLevel.Warning, "Snapshot {Parent} of table {Table} has not been told; snapshot {Snapshot} counts without it")]
    public static partial void GapGivenUp(ILogger logger, string table, long parent, long snapshot);
}
