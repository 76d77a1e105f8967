using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(11001, LogLevel.Error, "Stage {Stage} failed and is started again: {Error}")]
    public static partial void StageFailed(ILogger logger, Exception exception, string stage, string error);

    [LoggerMessage(11002, LogLevel.Information, "Running on {Http}, Kafka {Kafka}, schema registry {Registry}, data in {Folder}")]
    public static partial void Started(ILogger logger, string http, string kafka, string registry, string folder);

    [LoggerMessage(11003, LogLevel.Information, "Stopping: draining what was begun")]
    public static partial void Stopping(ILogger logger);
}
