using Microsoft.Extensions.Logging;

namespace Mesh.Catalogue;

/// <summary>Log lines of the catalogue stage, 5001 to 5019.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "{Table} has snapshot {SnapshotId}: {Rows} rows from {Uploads} uploads, {Duplicates} were there already")]
    public static partial void Committed(ILogger logger, string table, long snapshotId, long rows, int uploads, int duplicates);

    [LoggerMessage(5002, LogLevel.Information, "{Table} has all {Duplicates} uploads of the batch already; nothing was added")]
    public static partial void NothingNew(ILogger logger, string table, int duplicates);

    [LoggerMessage(5003, LogLevel.Warning, "{What} failed and is tried again in {DelayMs} ms: {Reason}")]
    public static partial void Retried(ILogger logger, string what, double delayMs, string reason);

    [LoggerMessage(5004, LogLevel.Error, "The files of upload {IngestId} for {Table} cannot be committed and become a dead letter: {Code} {Reason}")]
    public static partial void DeadLettered(ILogger logger, string ingestId, string table, string code, string reason);

    [LoggerMessage(5005, LogLevel.Information, "Swept {Table}: {Count} files that no snapshot refers to are deleted")]
    public static partial void OrphansDeleted(ILogger logger, string table, int count);

    [LoggerMessage(5006, LogLevel.Warning, "Maintenance ({Task}) of {Table} failed: {Code} {Reason}")]
    public static partial void MaintenanceFailed(ILogger logger, string task, string table, string code, string reason);

    [LoggerMessage(5007, LogLevel.Information, "Compacted {Table}: {Removed} files became {Added}, {Rows} rows")]
    public static partial void Compacted(ILogger logger, string table, long removed, long added, long rows);

    [LoggerMessage(5008, LogLevel.Information, "{Table}: {Snapshots} snapshots expired; {Files} data files of {Bytes} bytes that only they had are deleted")]
    public static partial void SnapshotsExpired(ILogger logger, string table, int snapshots, long files, long bytes);
}
