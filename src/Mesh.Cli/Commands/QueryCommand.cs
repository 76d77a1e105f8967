using System.CommandLine;
using Mesh.Commands.Queries;

namespace Mesh.Cli.Commands;

/// <summary>The shape that all commands share which ask a server, or a state directory, and print the answer.</summary>
internal static class QueryCommand
{
    private const string JsonOption = "--json";

    /// <summary>Makes a command with the options <c>--server</c>, <c>--data</c>, <c>--token</c>, <c>--config</c> and <c>--json</c>.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="run">Asks and prints; returns the exit code.</param>
    public static Command Create(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<IMeshQueries, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        command.Add(server);
        command.Add(data);
        command.Add(token);
        command.Add(config);
        command.Add(CommonOptions.Json());
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false)) return await run(queries, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Whether the answer is wanted as JSON.</summary>
    public static bool WantsJson(ParseResult parsed) => parsed.GetValue<bool>(JsonOption);
}
