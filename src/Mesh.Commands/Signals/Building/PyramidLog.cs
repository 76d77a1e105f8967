using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Signals.Building;

/// <summary>What the stage says.</summary>
internal static partial class PyramidLog
{
    [LoggerMessage(2460, LogLevel.Warning, "No signal pyramid of recording {Recording} in {Table}: {Code}: {Reason}")]
    public static partial void NotBuilt(ILogger logger, string recording, string table, string code, string reason);

    [LoggerMessage(2461, LogLevel.Information, "{Count} signal pyramids deleted that nothing is shown by any more")]
    public static partial void Swept(ILogger logger, int count);
}
