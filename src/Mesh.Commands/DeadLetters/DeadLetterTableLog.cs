using Microsoft.Extensions.Logging;

namespace Mesh.Commands.DeadLetters;

/// <summary>Messages of the table of dead letters, 2440 to 2443.</summary>
internal static partial class DeadLetterTableLog
{
    [LoggerMessage(2440, LogLevel.Debug, "{Letters} dead letters are in mesh.dead_letters")]
    public static partial void Committed(ILogger logger, int letters);

    [LoggerMessage(2441, LogLevel.Warning, "{Count} records of {Source} from offset {Offset} were deleted before they were in mesh.dead_letters")]
    public static partial void Lost(ILogger logger, long count, string source, long offset);

    [LoggerMessage(2442, LogLevel.Information, "Another server has added to mesh.dead_letters meanwhile; reading its offsets again")]
    public static partial void Fenced(ILogger logger);

    [LoggerMessage(2443, LogLevel.Warning, "The table of dead letters waits: {Reason}")]
    public static partial void Waits(ILogger logger, string reason);
}
