using System.CommandLine;
using Mesh.Cli.Hosting;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue serve</c>: only the REST catalogue, until Ctrl-C.</summary>
internal static class CatalogueServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Serve the Iceberg REST catalogue of a state directory, for reading and writing, without the rest of Mesh.");
        var flags = new SettingFlags(
            command,
            (SettingKeys.HttpListen, "--listen", "Address; beyond loopback it needs a certificate and a token."),
            (SettingKeys.HttpPort, "--port", "Port; 0 takes a free one."),
            (SettingKeys.HttpToken, "--token", "Token that clients must present."),
            (SettingKeys.LogLevel, "--log-level", "trace, debug, information, warning, error."));
        var json = CommonOptions.Json();
        json.Description = "Say where it listens as JSON, in one line once it is up, and nothing else.";
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(parsed);
            using var loggers = ServerLogging.Create(settings);
            var server = await CatalogueServer.StartAsync(flags.DataFolder(parsed), settings, loggers, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                if (parsed.GetValue(json)) Printer.Json(new { Catalogue = $"{server.Url}/catalog", Data = server.DataFolder, Environment.ProcessId });
                else Terminal.Out.WriteLine($"the catalogue is up at {server.Url}/catalog, data in {server.DataFolder}");
                await StopSignal.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (!parsed.GetValue(json)) Terminal.Out.WriteLine("stopped");
            return ExitCodes.Done;
        });
        return command;
    }
}
