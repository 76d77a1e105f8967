using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Replay;

/// <summary>Log lines of replays, 2350 to 2369.</summary>
internal static partial class ReplayLog
{
    [LoggerMessage(2350, LogLevel.Information, "Replay {Replay}: recording {Recording} is done, {Rows} rows. {Left}")]
    public static partial void ItemDone(ILogger logger, string replay, string recording, long rows, string left);

    [LoggerMessage(2351, LogLevel.Error, "Replay {Replay}: recording {Recording} failed: {Code} {Reason}")]
    public static partial void ItemFailed(ILogger logger, string replay, string recording, string code, string reason);

    [LoggerMessage(2352, LogLevel.Warning, "Replay {Replay}: recording {Recording} is tried again in {Delay}: {Reason}")]
    public static partial void ItemRetried(ILogger logger, string replay, string recording, TimeSpan delay, string reason);

    [LoggerMessage(2353, LogLevel.Warning, "Replays wait {Delay} for the database: {Reason}")]
    public static partial void Waiting(ILogger logger, TimeSpan delay, string reason);
}
