using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary>The shape that the commands of maintenance share: tables in, one report for each, as a table or as JSON.</summary>
internal static class MaintenanceCommand
{
    public static Argument<string?> Table() => new("TABLE") { Description = "Table, or product; or --all.", Arity = ArgumentArity.ZeroOrOne };

    public static Argument<string> OneTable() => new("TABLE") { Description = "Name of the table, or of its product." };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Show what would be done, and change nothing." };

    /// <summary>What a command with no settings of its own is asked for.</summary>
    public static DryRunRequest Read(ParseResult parsed) => new(parsed.GetValue<bool>("--dry-run"));

    /// <summary>Makes a command for one or all tables.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="options">Its own options.</param>
    /// <param name="run">Works on one table.</param>
    /// <param name="print">Prints the reports for people.</param>
    public static Command Create<T>(
        string name, string description, IReadOnlyList<Option> options, Func<IMaintenance, string, ParseResult, CancellationToken, Task<T>> run, Action<IReadOnlyList<T>> print)
    {
        var table = Table();
        var all = new Option<bool>("--all") { Description = "All tables, one after the other." };
        return Create(name, description, [table, all, .. options], async (maintenance, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(table) is null == !parsed.GetValue(all)) throw new UsageException("Name a table, or give --all.");
            IReadOnlyList<string> names = parsed.GetValue(table) is { } one ? [one] : await maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false);
            var reports = new List<T>();
            var failures = new List<MeshException>();
            foreach (string each in names)
            {
                try
                {
                    reports.Add(await run(maintenance, each, parsed, cancellationToken).ConfigureAwait(false));
                }
                catch (MeshException exception) when (names.Count > 1)
                {
                    // One broken table does not keep the others from their turn.
                    failures.Add(exception);
                    await Terminal.Error.WriteLineAsync($"error {exception.Code}: {each}: {exception.Message}").ConfigureAwait(false);
                }
            }

            if (QueryCommand.WantsJson(parsed)) Printer.Json(reports);
            else if (names.Count == 0) Terminal.Out.WriteLine("No tables yet. They appear with the first recording: `mesh publish FILE --vehicle ID`.");
            else print(reports);
            return failures.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    /// <summary>Makes a command that works with the maintenance of a server, or of a directory that no server has.</summary>
    public static Command Create(string name, string description, IReadOnlyList<Symbol> symbols, Func<IMaintenance, ParseResult, CancellationToken, Task<int>> run) =>
        ServerCommand.Create<IMaintenance>(
            name,
            description,
            symbols,
            (server, token) => new HttpMaintenance(server, token),
            async (folder, settings, cancellationToken) => await LocalMaintenance.OpenAsync(folder, settings, cancellationToken).ConfigureAwait(false),
            run);
}
