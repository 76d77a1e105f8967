using System.CommandLine;
using Mesh.Commands.Signals;
using Mesh.Commands.State;

namespace Mesh.Cli.Commands;

/// <summary>The shape that the commands about signals share: they ask a server, or a state directory.</summary>
internal static class SignalsCommand
{
    public static Command Create(string name, string description, IReadOnlyList<Symbol> symbols, Func<ISignals, ParseResult, CancellationToken, Task<int>> run)
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
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var signals = Open(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config));
            await using (signals.ConfigureAwait(false)) return await run(signals, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static ISignals Open(string? server, string? data, string? token, string? config)
    {
        bool named = server is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
        return !named && data is not null && ServerEndpoints.Find(data) is null
            ? LocalSignals.OpenReadOnly(data, CommonOptions.ReadSettings(config))
            : new HttpSignals(CommonOptions.ServerAddress(server, data), CommonOptions.TokenOf(token));
    }
}
