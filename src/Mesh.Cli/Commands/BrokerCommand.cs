using System.CommandLine;
using System.Globalization;
using Mesh.Broker;
using Mesh.Cli.Hosting;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh broker</c>: the event log alone.</summary>
internal static class BrokerCommand
{
    public static Command Create()
    {
        var command = new Command("broker", "Run the event log alone until Ctrl-C: any Kafka client can use it.");
        var flags = new SettingFlags(
            command,
            "The broker's folder; made when absent.",
            "mesh-broker",
            (SettingKeys.KafkaFlush, "--flush", "pageCache (default) or fsync: what an acknowledged record survives."),
            (SettingKeys.KafkaRetention, "--retention", "Age at which records are deleted, for topics that do not say (default: never)."),
            (SettingKeys.KafkaRetentionBytes, "--retention-bytes", "Size of a partition beyond which its oldest records are deleted (default: no limit)."),
            (SettingKeys.KafkaSegmentBytes, "--segment-bytes", "Size of a segment file (default: 256MiB)."),
            (SettingKeys.KafkaUsers, "--users", "File with users, one a line: `name: password` or SCRAM keys."),
            (SettingKeys.KafkaSuperUsers, "--super-users", "Users who may do everything, comma-separated."),
            (SettingKeys.TlsCertificate, "--tls-certificate", "PEM file with the certificate."),
            (SettingKeys.TlsKey, "--tls-key", "PEM file with the certificate's private key."),
            (SettingKeys.KafkaTlsClientAuthorities, "--tls-client-ca", "PEM file of authorities that clients' certificates must come from."),
            (SettingKeys.KafkaAdvertisedHost, "--advertise", "Host that clients are told to connect to."),
            (SettingKeys.LogLevel, "--log-level", "trace, debug, information, warning, error."));
        var listen = new Option<string?>("--listen") { Description = "Address and port (default: 127.0.0.1:9092); port 0 takes a free one. Beyond loopback it needs TLS and users.", HelpName = "HOST:PORT" };
        var registry = new Option<string?>("--registry") { Description = "Also run a schema registry on this port of 127.0.0.1; 0 takes a free one.", HelpName = "PORT" };
        var noAutoCreate = new Option<bool>("--no-auto-create") { Description = "Topics are only created when a client says so." };
        var allowInsecure = new Option<bool>("--allow-insecure") { Description = "Listen beyond loopback even without TLS and users: everybody on the network can read and write everything." };
        var closed = new Option<bool>("--closed") { Description = "Topics and groups are closed until an access control entry opens them, as in Kafka; needs --super-users." };
        var json = CommonOptions.Json();
        foreach (var option in (Option[])[listen, registry, noAutoCreate, allowInsecure, closed, json]) command.Add(option);

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var further = new Dictionary<SettingKey, (string, string)>();
            if (parsed.GetValue(listen) is { } address) Split(address, further);
            if (parsed.GetValue(registry) is { } port) further[SettingKeys.SchemaRegistryPort] = ("--registry", port);
            if (parsed.GetValue(noAutoCreate)) further[SettingKeys.KafkaAutoCreateTopics] = ("--no-auto-create", "false");
            if (parsed.GetValue(allowInsecure)) further[SettingKeys.KafkaAllowInsecure] = ("--allow-insecure", "true");
            if (parsed.GetValue(closed)) further[SettingKeys.KafkaAllowWithoutAcl] = ("--closed", "false");
            var settings = flags.Read(parsed, further);
            await RunAsync(flags.DataFolder(parsed), settings, parsed.GetValue(registry) is not null, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task RunAsync(string folder, Settings settings, bool withRegistry, bool json, CancellationToken cancellationToken)
    {
        using var loggers = ServerLogging.Create(settings);
        var access = ServerAccess.Read(settings);
        var options = BrokerSettings.Read(settings, access, Path.GetFullPath(folder), access.Token);
        var broker = await KafkaBroker.StartAsync(options, loggers.CreateLogger("Mesh.Broker.KafkaBroker"), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (broker.ConfigureAwait(false))
        {
            using var registry = withRegistry ? await SchemaRegistry.StartAsync(broker, cancellationToken).ConfigureAwait(false) : null;
            var listening = registry is null ? null : await HttpListening.StartAsync(
                registry, settings.Port(SettingKeys.SchemaRegistryPort), access.Token, access.AllowedHosts, loggers, cancellationToken).ConfigureAwait(false);
            try
            {
                if (json)
                {
                    Printer.Json(new { kafka = broker.Bootstrap, schemaRegistry = listening?.Url, data = options.DataFolder, processId = Environment.ProcessId });
                }
                else
                {
                    Terminal.Out.WriteLine($"mesh broker is up, data in {options.DataFolder}");
                    Terminal.Out.WriteLine($"  kafka            {broker.Bootstrap}");
                    if (listening is not null) Terminal.Out.WriteLine($"  schema registry  {listening.Url}");
                    Terminal.Out.WriteLine("Ctrl-C stops it; nothing is lost.");
                }

                await StopSignal.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (listening is not null) await listening.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (!json) Terminal.Out.WriteLine("stopped");
    }

    /// <summary>Takes HOST:PORT, HOST or :PORT apart; an IPv6 address with a port is in brackets.</summary>
    private static void Split(string address, Dictionary<SettingKey, (string, string)> settings)
    {
        int colon = address.LastIndexOf(':');
        bool hasPort = colon >= 0 && (address.IndexOf(':', StringComparison.Ordinal) == colon || address[..colon].EndsWith(']'));
        string host = (hasPort ? address[..colon] : address).Trim('[', ']');
        if (host.Length > 0) settings[SettingKeys.KafkaListen] = ("--listen", host);
        if (!hasPort) return;
        if (!ushort.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)) throw new UsageException($"'{address}' is no HOST:PORT.");
        settings[SettingKeys.KafkaPort] = ("--listen", address[(colon + 1)..]);
    }
}
