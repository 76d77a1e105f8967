using System.CommandLine;
using Mesh.Cli.Hosting;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh up</c>: everything in one process until Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var command = new Command("up", "Run everything in one process until Ctrl-C: event log, schema registry, uploads, stages, API.");
        var flags = new SettingFlags(
            command,
            (SettingKeys.KafkaBootstrap, "--kafka", "Brokers of a Kafka cluster, HOST:PORT,...; then no broker is embedded."),
            (SettingKeys.SchemaRegistryUrl, "--schema-registry", "Address of the cluster's schema registry."),
            (SettingKeys.KafkaPort, "--kafka-port", "Port of the embedded broker; 0 takes a free one."),
            (SettingKeys.SchemaRegistryPort, "--schema-registry-port", "Port of the embedded schema registry; 0 takes a free one."),
            (SettingKeys.HttpPort, "--http-port", "Port of HTTP; 0 takes a free one."),
            (SettingKeys.HttpListen, "--http-listen", "Address for HTTP; beyond loopback it needs a certificate and a token."),
            (SettingKeys.KafkaListen, "--kafka-listen", "Address for Kafka; beyond loopback it needs a certificate and a token."),
            (SettingKeys.HttpToken, "--token", "Token that clients must present."),
            (SettingKeys.StorageUri, "--storage", "Where tables and recordings lie, s3://BUCKET/PREFIX (default: folders of the state directory)."),
            (SettingKeys.Stages, "--stages", "What this server does, comma-separated: upload, ingest, catalogue, trigger, publish, training, compression, maintenance, replay, outbox (default: all)."),
            (SettingKeys.LogLevel, "--log-level", "trace, debug, information, warning, error."));
        var topologies = new Option<string[]>("--topology")
        {
            Description = "Topology file, several times for several; they are then the only ones in force (default: those in force before, else the built-in fleet-ingest).",
            HelpName = "FILE",
        };
        var json = CommonOptions.Json();
        json.Description = "Say where it listens as JSON, in one line once it is up, and nothing else.";
        command.Add(topologies);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = parsed.GetValue(topologies) is { Length: > 0 } files
                ? flags.Read(parsed, new Dictionary<SettingKey, (string, string)> { [SettingKeys.IngestTopology] = ("--topology", string.Join(',', files)) })
                : flags.Read(parsed);
            using var loggers = ServerLogging.Create(settings);
            var server = await MeshServer.StartAsync(flags.DataFolder(parsed), settings, loggers, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                bool isQuiet = parsed.GetValue(json);
                if (isQuiet) Printer.Json(new { server.Endpoints.Http, server.Endpoints.Kafka, server.Endpoints.SchemaRegistry, Data = server.DataFolder, Environment.ProcessId });
                else
                {
                    Terminal.Out.WriteLine($"Open {server.Endpoints.Http}");
                    Terminal.Out.WriteLine($"mesh is up, data in {server.DataFolder}");
                    Terminal.Out.WriteLine($"  http             {server.Endpoints.Http}");
                    Terminal.Out.WriteLine($"  kafka            {server.Endpoints.Kafka}");
                    Terminal.Out.WriteLine($"  schema registry  {server.Endpoints.SchemaRegistry}");
                    Terminal.Out.WriteLine("Ctrl-C stops it; nothing is lost. In another terminal: mesh publish FILE --vehicle ID");
                }

                await StopSignal.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!isQuiet) Terminal.Out.WriteLine("stopping: draining what was begun");
            }

            if (!parsed.GetValue(json)) Terminal.Out.WriteLine("stopped");
            return ExitCodes.Done;
        });
        return command;
    }
}
