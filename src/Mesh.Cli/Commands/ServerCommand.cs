using System.CommandLine;
using Mesh.Commands.Configuration;
using Mesh.Commands.State;

namespace Mesh.Cli.Commands;

/// <summary>Commands that ask a server, or the state directory itself when no server is named and none has the directory.</summary>
internal static class ServerCommand
{
    /// <summary>Makes a command with the options <c>--server</c>, <c>--data</c>, <c>--token</c>, <c>--config</c> and <c>--json</c>.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="atServer">Opens a server by its address and token.</param>
    /// <param name="inFolder">Opens a state directory.</param>
    /// <param name="run">Asks and prints; returns the exit code.</param>
    public static Command Create<T>(
        string name,
        string description,
        IReadOnlyList<Symbol> symbols,
        Func<Uri, string?, T> atServer,
        Func<string, Settings, CancellationToken, Task<T>> inFolder,
        Func<T, ParseResult, CancellationToken, Task<int>> run)
        where T : IAsyncDisposable
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        foreach (var option in new Option[] { server, data, token, config, CommonOptions.Json() }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? folder = parsed.GetValue(data);
            bool isNamed = parsed.GetValue(server) is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
            var opened = isNamed || folder is null || ServerEndpoints.Find(folder) is not null
                ? atServer(CommonOptions.ServerAddress(parsed.GetValue(server), folder), CommonOptions.TokenOf(parsed.GetValue(token)))
                : await inFolder(folder, CommonOptions.ReadSettings(parsed.GetValue(config)), cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false)) return await run(opened, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }
}
