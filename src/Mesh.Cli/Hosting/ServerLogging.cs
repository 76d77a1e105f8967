using Mesh.Commands.Configuration;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>Logs of commands that run until they are stopped: one line each, to standard error, in UTC.</summary>
internal static class ServerLogging
{
    public static ILoggerFactory Create(Settings settings) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(settings.Choice<LogLevel>(SettingKeys.LogLevel))
        // A listener that cannot start is Mesh's own error; the framework would add a stack trace.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        })
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
