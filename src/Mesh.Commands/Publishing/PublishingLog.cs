using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Publishing;

/// <summary>Messages of the publish stage, from 2330.</summary>
internal static partial class PublishingLog
{
    [LoggerMessage(2330, LogLevel.Error, "The {Rows} rows of snapshot {SnapshotId} of {Table} are not published: the snapshot or the one before it has expired. They are in the table")]
    public static partial void SnapshotGone(ILogger logger, string table, long snapshotId, long rows);

    [LoggerMessage(2331, LogLevel.Error, "A row is not published to {Topic}, key {Key}: {Code} {Reason}. It is in the table")]
    public static partial void RowRefused(ILogger logger, string topic, string key, string code, string reason);
}
