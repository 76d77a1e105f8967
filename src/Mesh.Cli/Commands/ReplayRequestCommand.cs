using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary>The shape of commands that ask a server to replay, to drop or to switch: they need one, and print what it answers.</summary>
internal static class ReplayRequestCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Makes a command with the options <c>--server</c>, <c>--data</c>, <c>--token</c> and <c>--json</c>.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="run">Asks and prints; returns the exit code.</param>
    public static Command Create(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<IReplays, IMeshQueries, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token());
        foreach (var option in new Option[] { server, data, token, CommonOptions.Json() }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = CommonOptions.ServerAddress(parsed.GetValue(server), parsed.GetValue(data));
            string? secret = CommonOptions.TokenOf(parsed.GetValue(token));
            var replays = new HttpReplays(address, secret);
            await using (replays.ConfigureAwait(false))
            {
                var queries = new HttpQueries(address, secret);
                await using (queries.ConfigureAwait(false)) return await run(replays, queries, parsed, cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>Waits until a replay has ended, or is paused.</summary>
    public static async Task<ReplayDetails> WaitAsync(IMeshQueries queries, string id, bool tell, CancellationToken cancellationToken)
    {
        for (string last = ""; ;)
        {
            var details = await queries.FindReplayAsync(id, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH2367", $"There is no replay '{id}'. `mesh replay list` shows them.");
            if (tell && ReplayCommand.ProgressOf(details.Replay) is var progress && progress != last)
            {
                await Terminal.Error.WriteLineAsync(progress).ConfigureAwait(false);
                last = progress;
            }

            if (details.Replay.State != ReplayState.Running) return details;
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Prints how a replay ended; a recording that failed makes the exit code 1.</summary>
    public static int PrintEnd(ReplayDetails details, bool json)
    {
        if (json) Printer.Json(details);
        else ReplayCommand.Print(details);
        return details.Replay.Failed == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
