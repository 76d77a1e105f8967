using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue tag|branch|drop-ref</c>.</summary>
internal static class ReferenceCommands
{
    public static Command Tag()
    {
        var keep = new Option<string?>("--keep") { Description = "Age of its snapshot from which `expire` drops the tag (default: never, unless the table says so).", HelpName = "DURATION" };
        return Set("tag", "Give a snapshot a name that keeps it from expiring, or move the name.", SnapshotRefType.Tag, keep);
    }

    public static Command Branch() => Set("branch", "Start a branch at a snapshot, for engines that write to one, or move it.", SnapshotRefType.Branch, null);

    public static Command Drop()
    {
        var (table, name) = (MaintenanceCommand.OneTable(), Name());
        return MaintenanceCommand.Create(
            "drop-ref", "Drop a branch or tag; its snapshots stay until they expire.", [table, name],
            async (maintenance, parsed, cancellationToken) =>
            {
                var report = await maintenance.DropReferenceAsync(parsed.GetValue(table)!, ReadDrop(parsed), cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else Terminal.Out.WriteLine($"{report.Table}: {Word(report.Type)} '{Printer.OneLine(report.Name)}' is gone; it named snapshot {report.BeforeSnapshotId}.");
                return ExitCodes.Done;
            });
    }

    private static Command Set(string verb, string description, SnapshotRefType type, Option<string?>? keep)
    {
        var (table, name, at) = (MaintenanceCommand.OneTable(), Name(), CatalogueTableCommands.At());
        return MaintenanceCommand.Create(
            verb, description, keep is null ? [table, name, at] : [table, name, at, keep],
            async (maintenance, parsed, cancellationToken) =>
            {
                var report = await maintenance.SetReferenceAsync(parsed.GetValue(table)!, Read(parsed, type), cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else
                {
                    string before = report.BeforeSnapshotId is { } id && id != report.SnapshotId ? $"; before, snapshot {id}" : "";
                    Terminal.Out.WriteLine($"{report.Table}: {Word(report.Type)} '{Printer.OneLine(report.Name)}' names snapshot {report.SnapshotId}{before}.");
                }

                return ExitCodes.Done;
            });
    }

    /// <summary>What <c>mesh catalogue tag</c> or <c>branch</c> is asked for.</summary>
    internal static ReferenceRequest Read(ParseResult parsed, SnapshotRefType type) => new()
    {
        Name = parsed.GetValue<string>("NAME"), Type = type, At = parsed.GetValue<string?>("--at"),
        KeepSeconds = type == SnapshotRefType.Tag ? Durations.Seconds(parsed.GetValue<string?>("--keep"), "--keep") : null,
    };

    /// <summary>What <c>mesh catalogue drop-ref</c> is asked for.</summary>
    internal static ReferenceRequest ReadDrop(ParseResult parsed) => new() { Name = parsed.GetValue<string>("NAME") };

    private static Argument<string> Name() => new("NAME") { Description = "Name of the branch or tag." };

    private static string Word(SnapshotRefType type) => type == SnapshotRefType.Tag ? "tag" : "branch";
}
