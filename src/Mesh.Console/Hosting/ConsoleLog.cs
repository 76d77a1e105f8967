using Microsoft.Extensions.Logging;

namespace Mesh.Console.Hosting;

internal static partial class ConsoleLog
{
    [LoggerMessage(1301, LogLevel.Error, "The page {Path} failed (request {RequestId})")]
    public static partial void PageFailed(ILogger logger, string path, string requestId, Exception exception);

    [LoggerMessage(1302, LogLevel.Warning, "What the console shows live could not be looked up")]
    public static partial void NotSampled(ILogger logger, Exception exception);

    [LoggerMessage(1303, LogLevel.Warning, "A login from {Address} was refused: wrong token")]
    public static partial void LoginRefused(ILogger logger, string address);

    [LoggerMessage(1340, LogLevel.Debug, "{Method} {Path} was refused (request {RequestId}): {Code}: {Reason}")]
    public static partial void RequestRefused(ILogger logger, string method, string path, string requestId, string code, string reason);

    [LoggerMessage(1341, LogLevel.Error, "{Method} {Path} failed (request {RequestId})")]
    public static partial void RequestFailed(ILogger logger, string method, string path, string requestId, Exception exception);
}
