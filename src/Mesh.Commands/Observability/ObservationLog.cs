using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Observability;

internal static partial class ObservationLog
{
    [LoggerMessage(2450, LogLevel.Warning, "The gauges of the server are as they were: {Reason}")]
    public static partial void NotObserved(ILogger logger, string reason);
}
