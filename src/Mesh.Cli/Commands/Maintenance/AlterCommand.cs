using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue alter</c>.</summary>
internal static class AlterCommand
{
    public static Command Create()
    {
        var table = MaintenanceCommand.OneTable();
        var rename = Several("--rename", "Give a column another name; a recording that has the old one brings a new column of that name.", "OLD=NEW");
        var drop = Several("--drop", "Take a column out; a recording that has it brings a new column of that name.", "COLUMN");
        var optional = Several("--optional", "Let values of a column be absent.", "COLUMN");
        var widen = Several("--widen", "Widen int to long, float to double, a decimal to more digits.", "COLUMN:TYPE");
        var add = Several("--add", "Add an optional column of an Iceberg type.", "COLUMN:TYPE");
        var doc = Several("--doc", "Set a column's comment; an empty one takes it away.", "COLUMN=TEXT");
        return MaintenanceCommand.Create(
            "alter", "Change columns, all or none and in the order of these options; no file is written again. Each may be given several times.",
            [table, rename, drop, optional, widen, add, doc],
            async (maintenance, parsed, cancellationToken) =>
            {
                List<ColumnChange> changes =
                [
                    .. Split(parsed, rename, '=', ColumnAction.Rename), .. Whole(parsed, drop, ColumnAction.Drop), .. Whole(parsed, optional, ColumnAction.Optional),
                    .. Split(parsed, widen, ':', ColumnAction.Widen), .. Split(parsed, add, ':', ColumnAction.Add), .. Split(parsed, doc, '=', ColumnAction.Doc),
                ];
                if (changes.Count == 0) throw new UsageException("Say what is to be changed: --rename, --drop, --optional, --widen, --add or --doc.");
                var report = await maintenance.AlterAsync(parsed.GetValue(table)!, new AlterRequest { Changes = changes }, cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else
                {
                    Printer.Table(
                        ["column", "type", "nullable", "id"],
                        report.Columns.Select(column => (string[])[column.Name, column.Type, column.Nullable ? "yes" : "no", column.FieldId.ToString(CultureInfo.InvariantCulture)]),
                        new HashSet<int> { 3 });
                }

                return ExitCodes.Done;
            });
    }

    private static Option<string[]> Several(string name, string description, string help) => new(name) { Description = description, HelpName = help, AllowMultipleArgumentsPerToken = false };

    private static IEnumerable<ColumnChange> Whole(ParseResult parsed, Option<string[]> option, ColumnAction action) =>
        (parsed.GetValue(option) ?? []).Select(column => new ColumnChange(action, column));

    private static IEnumerable<ColumnChange> Split(ParseResult parsed, Option<string[]> option, char separator, ColumnAction action) =>
        (parsed.GetValue(option) ?? []).Select(text => text.IndexOf(separator, StringComparison.Ordinal) is > 0 and int at
            ? new ColumnChange(action, text[..at], text[(at + 1)..])
            : throw new UsageException($"{option.Name} takes {option.HelpName}, not '{text}'."));
}
