using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Model;
using Microsoft.AspNetCore.WebUtilities;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Erases the rows of a vehicle, or of a recording, from every table that has such rows.</summary>
public sealed class EraseAction(ConsoleServices services) : ConsoleAction("erase", "Erase a vehicle or a recording")
{
    /// <summary>Tables that are planned in one go.</summary>
    private const int MaxTables = 200;

    /// <summary>Code of a condition on a column that the table does not have.</summary>
    private const string NoSuchColumn = "MESH8109";

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("kind", "Whose rows") { IsRequired = true, Choices = [("vehicle", "of a vehicle"), ("recording", "of a recording")] },
        new("id", "Pseudonym of the vehicle, or ingest id of the recording") { IsRequired = true, Hint = "Whole, as the rows have it." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var (kind, id, where) = SubjectOf(fields);
        var tables = await services.Maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        var found = tables.Count > MaxTables ? [] : await FindAsync(tables, where, cancellationToken).ConfigureAwait(false);
        var concerned = found.Where(report => report.Rows > 0).ToList();
        long rows = concerned.Sum(report => report.Rows);
        string lines = string.Join(" && ", concerned.Select(report => new DeleteRequest { Where = where }.ToCommandLine(report.Table).ToString()));
        return new ActionPlan($"Erase {Format.Count(rows)} rows of {kind} {id}", lines.Length > 0 ? lines : CommandLine.Of("catalogue", "tables"))
        {
            Facts =
            [
                ("Condition", where), ("Rows erased", Format.Count(rows)), ("Tables with such rows", $"{Format.Count(concerned.Count)} of {Format.Count(tables.Count)}"),
                ("Files dropped whole", Format.Count(concerned.Sum(report => report.FilesDropped))), ("Files written again without the rows", Format.Count(concerned.Sum(report => report.FilesRewritten))),
            ],
            Columns = ["Table", "Rows erased", "Files dropped whole", "Files written again"],
            Rows = [.. concerned.Select(report => (string[])[report.Table, Format.Count(report.Rows), Format.Count(report.FilesDropped), Format.Count(report.FilesRewritten)])],
            Warnings = ["Snapshots of before still hold the rows: until they expire they can be read, and tables can go back to them. Expire them afterwards. Then nothing brings the rows back."],
            Verb = "Erase",
            IsDestructive = true,
            Obstacle = tables.Count > MaxTables ? $"There are {Format.Count(tables.Count)} tables, more than a page plans at once: run `mesh catalogue delete TABLE --where \"{where}\"` for each."
                : rows == 0 ? $"No row of {kind} {id} is in any current table: there is nothing left to erase." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var (kind, id, where) = SubjectOf(fields);
        var tables = await services.Maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        long rows = 0;
        var done = new List<string>();
        foreach (var report in (await FindAsync(tables, where, cancellationToken).ConfigureAwait(false)).Where(report => report.Rows > 0))
        {
            try
            {
                rows += (await services.Maintenance.DeleteAsync(report.Table, new DeleteRequest { Where = where }, cancellationToken).ConfigureAwait(false)).Rows;
                done.Add(report.Table);
            }
            catch (MeshException exception)
            {
                throw new MeshException("MESH13041", $"The rows are erased from {(done.Count == 0 ? "no table yet" : string.Join(", ", done))}, but {report.Table} failed: {exception.Message} What is erased stays erased; run it again for the rest.", innerException: exception);
            }
        }

        string next = QueryHelpers.AddQueryString("/maintenance/erasure", new Dictionary<string, string?> { ["kind"] = kind, ["id"] = id });
        return new ActionOutcome($"{Format.Count(rows)} rows were erased from {Format.Count(done.Count)} tables. Snapshots of before still hold them: expire these next.", next);
    }

    /// <summary>What is erased: kind, id, and the condition on the rows.</summary>
    internal static (string Kind, string Id, string Where) SubjectOf(FormFields fields)
    {
        string kind = fields.Text("kind") == "recording" ? "recording" : "vehicle";
        string id = fields.Text("id") ?? throw new MeshException("MESH13003", "Which one? The pseudonym of a vehicle or the ingest id of a recording is needed.");
        return (kind, id, $"{kind}_id = '{id.Replace("'", "''", StringComparison.Ordinal)}'");
    }

    private async Task<IReadOnlyList<DeletionReport>> FindAsync(IReadOnlyList<string> tables, string where, CancellationToken cancellationToken)
    {
        var found = new List<DeletionReport>();
        foreach (string table in tables)
        {
            try
            {
                found.Add(await services.Maintenance.DeleteAsync(table, new DeleteRequest { Where = where, DryRun = true }, cancellationToken).ConfigureAwait(false));
            }
            catch (MeshException exception) when (exception.Code == NoSuchColumn)
            {
                // A table without the column has no such rows.
            }
        }

        return found;
    }
}
