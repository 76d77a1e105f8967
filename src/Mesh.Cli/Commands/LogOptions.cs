using System.CommandLine;
using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Cli.Commands;

/// <summary>How a command that works on the event log finds it: <c>--kafka</c>, else the server, else <c>kafka.bootstrap</c>.</summary>
internal sealed class LogOptions
{
    private readonly Option<string?> kafka = new("--kafka") { Description = "Brokers of the event log (default: those of the server).", HelpName = "HOST:PORT" };
    private readonly Option<string?> registry = new("--schema-registry") { Description = "Address of the schema registry, by which events are shown.", HelpName = "URL" };
    private readonly Option<string?> server = CommonOptions.Server();
    private readonly Option<string?> data = CommonOptions.Data();
    private readonly Option<string?> token = CommonOptions.Token();
    private readonly Option<string?> config = CommonOptions.Config();

    /// <summary>Adds the options to a command.</summary>
    public LogOptions(Command command)
    {
        foreach (var option in new Option[] { kafka, registry, server, data, token, config }) command.Add(option);
    }

    /// <summary>Makes a command that works on the log's topics and groups.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="run">Does it; returns the exit code.</param>
    public static Command Create(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<TopicAdmin, KafkaOptions, ParseResult, CancellationToken, Task<int>> run)
    {
        var (command, log) = Begin(name, description, symbols);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = await log.FindAsync(parsed, cancellationToken).ConfigureAwait(false);
            var admin = new TopicAdmin(options, NullLogger.Instance);
            await using (admin.ConfigureAwait(false)) return await run(admin, options, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Makes a command that asks the schema registry.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="run">Does it; returns the exit code.</param>
    public static Command CreateForRegistry(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<SchemaRegistryClient, ParseResult, CancellationToken, Task<int>> run)
    {
        var (command, log) = Begin(name, description, symbols);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // A registry that is named needs no server beside it.
            string? url = parsed.GetValue(log.registry);
            var options = url is null
                ? await log.FindAsync(parsed, cancellationToken).ConfigureAwait(false)
                : KafkaSettings.ReadCluster(CommonOptions.ReadSettings(parsed.GetValue(log.config)), new KafkaOptions().Bootstrap) with { SchemaRegistryUrl = url };
            string? password = CommonOptions.TokenOf(parsed.GetValue(log.token));
            if (options.SchemaRegistryUser is null && password is not null) options = options with { SchemaRegistryUser = "mesh", SchemaRegistryPassword = password };
            using var client = new SchemaRegistryClient(options, NullLogger.Instance);
            return await run(client, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Where the log is and how to get in.</summary>
    /// <exception cref="MeshException"><c>MESH11071</c>: there is no server, and no broker is named.</exception>
    private async Task<KafkaOptions> FindAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = CommonOptions.ReadSettings(parsed.GetValue(config));
        bool namesServer = parsed.GetValue(server) is not null || parsed.GetValue(data) is not null;
        var options = parsed.GetValue(kafka) is { } brokers ? KafkaSettings.ReadCluster(settings, brokers)
            : !namesServer && settings.Text(SettingKeys.KafkaBootstrap) is { } bootstrap ? KafkaSettings.ReadCluster(settings, bootstrap)
            : await OfServerAsync(settings, parsed, cancellationToken).ConfigureAwait(false);
        return parsed.GetValue(registry) is { } url ? options with { SchemaRegistryUrl = url } : options;
    }

    private async Task<KafkaOptions> OfServerAsync(Settings settings, ParseResult parsed, CancellationToken cancellationToken)
    {
        var (address, schemas) = await EndpointsAsync(parsed, cancellationToken).ConfigureAwait(false);
        if (address is null) throw new MeshException("MESH11071", $"No server runs on '{parsed.GetValue(data)}'. Start one with `mesh up`, or name the brokers with --kafka HOST:PORT.");
        string? password = CommonOptions.TokenOf(parsed.GetValue(token));
        var options = KafkaSettings.ReadCluster(settings, address);
        options = options.User is null && password is not null ? options with { User = "mesh", Password = password } : options;
        options = options.SchemaRegistryUser is null && password is not null ? options with { SchemaRegistryUser = "mesh", SchemaRegistryPassword = password } : options;
        if (schemas is null) return options;

        // The embedded registry, which only this machine reaches, knows the broker's users; no other is told a password that is not its own.
        bool knowsUsers = options.SchemaRegistryUser is null && Uri.TryCreate(schemas, UriKind.Absolute, out var url) && url.IsLoopback;
        if (knowsUsers) options = options with { SchemaRegistryUser = options.User, SchemaRegistryPassword = options.Password };
        return options with { SchemaRegistryUrl = schemas };
    }

    private async Task<(string? Kafka, string? Registry)> EndpointsAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(server) is null && parsed.GetValue(data) is { } folder)
        {
            var endpoints = ServerEndpoints.Find(folder);
            return (endpoints?.Kafka, endpoints?.SchemaRegistry);
        }

        var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), null, parsed.GetValue(token), parsed.GetValue(config), cancellationToken).ConfigureAwait(false);
        await using (queries.ConfigureAwait(false))
        {
            var status = await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            return (status.Kafka, status.SchemaRegistry);
        }
    }

    private static (Command Command, LogOptions Log) Begin(string name, string description, IReadOnlyList<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var log = new LogOptions(command);
        command.Add(CommonOptions.Json());
        return (command, log);
    }
}
