using System.CommandLine;
using Mesh.Cli.Hosting;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh up</c>: everything in one process until Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "State directory; made when absent.", DefaultValueFactory = _ => "mesh-data", HelpName = "DIR" };
        var config = CommonOptions.Config();
        var flags = new Dictionary<SettingKey, Option<string?>>
        {
            [SettingKeys.KafkaPort] = Flag("--kafka-port", "Port of the embedded broker; 0 takes a free one."),
            [SettingKeys.SchemaRegistryPort] = Flag("--schema-registry-port", "Port of the embedded schema registry; 0 takes a free one."),
            [SettingKeys.HttpPort] = Flag("--http-port", "Port of HTTP; 0 takes a free one."),
            [SettingKeys.HttpListen] = Flag("--http-listen", "Address for HTTP; beyond loopback it needs a certificate and a token."),
            [SettingKeys.KafkaListen] = Flag("--kafka-listen", "Address for Kafka; beyond loopback it needs a certificate and a token."),
            [SettingKeys.HttpToken] = Flag("--token", "Token that clients must present."),
            [SettingKeys.StorageUri] = Flag("--storage", "Where tables and recordings lie, s3://BUCKET/PREFIX (default: folders of the state directory)."),
            [SettingKeys.IngestTopology] = Flag("--topology", "Topology file (default: the built-in fleet-ingest)."),
            [SettingKeys.LogLevel] = Flag("--log-level", "trace, debug, information, warning, error."),
        };
        var command = new Command("up", "Run everything in one process until Ctrl-C: event log, schema registry, uploads, stages, API.") { data, config };
        foreach (var flag in flags.Values) command.Add(flag);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var given = flags.Where(flag => parsed.GetValue(flag.Value) is not null)
                .ToDictionary(flag => flag.Key, flag => (flag.Value.Name, parsed.GetValue(flag.Value)!));
            var settings = Settings.Read(given, CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
            using var loggers = ServerLogging.Create(settings);
            var server = await MeshServer.StartAsync(parsed.GetValue(data)!, settings, loggers, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                Terminal.Out.WriteLine($"mesh is up, data in {server.DataFolder}");
                Terminal.Out.WriteLine($"  http             {server.Endpoints.Http}");
                Terminal.Out.WriteLine($"  kafka            {server.Endpoints.Kafka}");
                Terminal.Out.WriteLine($"  schema registry  {server.Endpoints.SchemaRegistry}");
                Terminal.Out.WriteLine("Ctrl-C stops it; nothing is lost. In another terminal: mesh publish FILE --vehicle ID");
                await StopSignal.WaitAsync(cancellationToken).ConfigureAwait(false);
                Terminal.Out.WriteLine("stopping: draining what was begun");
            }

            Terminal.Out.WriteLine("stopped");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Option<string?> Flag(string name, string description) => new(name) { Description = description };
}
