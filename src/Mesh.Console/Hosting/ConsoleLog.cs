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
}
