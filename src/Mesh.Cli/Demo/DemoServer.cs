using System.Diagnostics;
using Mesh.Commands.Configuration;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Demo;

/// <summary>What the demos have in common around the server that they start.</summary>
internal static class DemoServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Ports that are free, so that a demo runs beside a server.</summary>
    public static Dictionary<SettingKey, (string Source, string Value)> FreePorts() => new()
    {
        [SettingKeys.KafkaPort] = ("demo", "0"),
        [SettingKeys.SchemaRegistryPort] = ("demo", "0"),
        [SettingKeys.HttpPort] = ("demo", "0"),
    };

    /// <summary>Warnings on standard error.</summary>
    /// <param name="expected">Categories whose warnings and errors the demo causes on purpose and reports itself.</param>
    public static ILoggerFactory Log(params string[] expected) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        foreach (string category in expected) logging.AddFilter(category, LogLevel.Critical);
        logging.AddSimpleConsole(console => console.SingleLine = true).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    });

    /// <summary>Asks until it is so.</summary>
    /// <exception cref="MeshException"><c>MESH11070</c> after five minutes; says what is stuck.</exception>
    public static async Task WaitAsync(string stuck, Func<Task<bool>> isDone, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!await isDone().ConfigureAwait(false))
        {
            if (waited.Elapsed > Patience) throw new MeshException("MESH11070", $"After {Patience.TotalMinutes:0} minutes {stuck}. `mesh status` and the log say what is stuck.");
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
        }
    }
}
