using Mesh.Commands.Maintenance;

namespace Mesh.Commands.CommandLines;

/// <summary>Questions about tables and what they cost.</summary>
public sealed class CatalogueLines : IPageLines
{
    private CatalogueLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/maintenance";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        Tables, Show("chassis.imu"), Snapshots("chassis.imu"), Files("chassis.imu", "vehicle_id = 'it''s'", "release-1", 500), Files("chassis.imu", null, null, null),
        Cost(null), Cost("prices of ours.yaml"), Budgets, Vehicle("V7"), Recording("4f2a91c0"), Withdrawn,
        Alter(new ColumnChange(ColumnAction.Rename, "speed", "speed_mps"), "chassis.imu"), Alter(new ColumnChange(ColumnAction.Drop, "speed"), "chassis.imu"),
        Alter(new ColumnChange(ColumnAction.Optional, "speed"), "chassis.imu"), Alter(new ColumnChange(ColumnAction.Widen, "speed", "double"), "chassis.imu"),
        Alter(new ColumnChange(ColumnAction.Add, "gear", "int"), "chassis.imu"), Alter(new ColumnChange(ColumnAction.Doc, "speed", "m/s; \"ground\" = truth"), "chassis.imu"),
        Alter(new ColumnChange(ColumnAction.Doc, "speed"), "chassis.imu"),
    ];

    /// <summary><c>mesh catalogue tables</c>.</summary>
    public static CommandLine Tables => CommandLine.Of("catalogue", "tables");

    /// <summary><c>mesh jobs budgets</c>.</summary>
    public static CommandLine Budgets => CommandLine.Of("jobs", "budgets");

    /// <summary><c>mesh recordings withdrawn</c>.</summary>
    public static CommandLine Withdrawn => CommandLine.Of("recordings", "withdrawn");

    /// <summary><c>mesh catalogue show</c>.</summary>
    public static CommandLine Show(string table) => CommandLine.Of("catalogue", "show").Argument(table);

    /// <summary><c>mesh catalogue snapshots</c>.</summary>
    public static CommandLine Snapshots(string table) => CommandLine.Of("catalogue", "snapshots").Argument(table);

    /// <summary><c>mesh catalogue files</c>.</summary>
    /// <param name="table">The table.</param>
    /// <param name="where">Condition; null for all files.</param>
    /// <param name="at">Snapshot id, branch or tag; null for the current snapshot.</param>
    /// <param name="limit">Most files; null for the default.</param>
    public static CommandLine Files(string table, string? where, string? at, int? limit) =>
        CommandLine.Of("catalogue", "files").Argument(table).Option("--where", where).Option("--at", at).Option("--limit", LineText.Number(limit));

    /// <summary><c>mesh catalogue cost</c>.</summary>
    /// <param name="prices">Path of a price table; null for sizes alone.</param>
    public static CommandLine Cost(string? prices) => CommandLine.Of("catalogue", "cost").Option("--prices", prices);

    /// <summary><c>mesh lineage vehicle</c>.</summary>
    public static CommandLine Vehicle(string vehicle) => CommandLine.Of("lineage", "vehicle").Argument(vehicle);

    /// <summary><c>mesh lineage recording</c>.</summary>
    public static CommandLine Recording(string id) => CommandLine.Of("lineage", "recording").Argument(id);

    /// <summary><c>mesh catalogue alter</c> with one change.</summary>
    public static CommandLine Alter(ColumnChange change, string table)
    {
        string sign = change.Action is ColumnAction.Widen or ColumnAction.Add ? ":" : "=";
        bool isWhole = change.Action is ColumnAction.Drop or ColumnAction.Optional;
        return CommandLine.Of("catalogue", "alter").Argument(table)
            .Option("--" + change.Action.ToString().ToLowerInvariant(), isWhole ? change.Column : change.Column + sign + change.Value);
    }
}
