using System.CommandLine;
using Mesh.Cli.Hosting;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue serve</c>: only the REST catalogue, until Ctrl-C.</summary>
internal static class CatalogueServeCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "State directory; made when absent.", DefaultValueFactory = _ => "mesh-data", HelpName = "DIR" };
        var config = CommonOptions.Config();
        var flags = new Dictionary<SettingKey, Option<string?>>
        {
            [SettingKeys.HttpListen] = Flag("--listen", "Address; beyond loopback it needs a certificate and a token."),
            [SettingKeys.HttpPort] = Flag("--port", "Port; 0 takes a free one."),
            [SettingKeys.HttpToken] = Flag("--token", "Token that clients must present."),
            [SettingKeys.LogLevel] = Flag("--log-level", "trace, debug, information, warning, error."),
        };
        var command = new Command("serve", "Serve the Iceberg REST catalogue of a state directory, for reading and writing, without the rest of Mesh.") { data, config };
        foreach (var flag in flags.Values) command.Add(flag);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var given = flags.Where(flag => parsed.GetValue(flag.Value) is not null)
                .ToDictionary(flag => flag.Key, flag => (flag.Value.Name, parsed.GetValue(flag.Value)!));
            var settings = Settings.Read(given, CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
            using var loggers = ServerLogging.Create(settings);
            var server = await CatalogueServer.StartAsync(parsed.GetValue(data)!, settings, loggers, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                Terminal.Out.WriteLine($"the catalogue is up at {server.Url}/catalog, data in {server.DataFolder}");
                await StopSignal.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            Terminal.Out.WriteLine("stopped");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Option<string?> Flag(string name, string description) => new(name) { Description = description };
}
