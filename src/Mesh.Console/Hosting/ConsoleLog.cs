using Microsoft.Extensions.Logging;

namespace Mesh.Console.Hosting;

internal static partial class ConsoleLog
{
    [LoggerMessage(1301, LogLevel.Error, "The page {Path} failed (request {RequestId})")]
    public static partial void PageFailed(ILogger logger, string path, string requestId, Exception exception);
}
