using Mesh.Commands.Queries;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Maintenance;

public sealed partial class LocalMaintenance
{
    /// <inheritdoc/>
    public async Task<AlterReport> AlterAsync(string table, AlterRequest request, CancellationToken cancellationToken)
    {
        if (request.Changes.Count == 0) throw new MeshException("MESH11085", "Which columns are to be changed, and how? At least one change is needed.");
        var changes = request.Changes.Select(ChangeOf).ToList();
        var identifier = Identify(table);
        var altered = await tables.AlterAsync(identifier, changes, cancellationToken).ConfigureAwait(false);
        return new AlterReport(
            identifier.ToString(), altered.SchemaId,
            [.. LocalQueries.Flatten(altered.Schema.Fields, "")]);
    }

    private static SchemaChange ChangeOf(ColumnChange change)
    {
        if (string.IsNullOrWhiteSpace(change.Column)) throw new MeshException("MESH11085", "A change names no column.");
        if (change.Action is ColumnAction.Rename or ColumnAction.Drop && SystemColumns.Fields.Any(system => system.Name.Equals(change.Column, StringComparison.OrdinalIgnoreCase)))
        {
            throw new MeshException("MESH11085", $"Column '{change.Column}' is one that Mesh itself writes into every table of messages: it keeps its name and stays.");
        }

        return change.Action switch
        {
            ColumnAction.Rename => new RenameColumn(change.Column, ValueOf(change)),
            ColumnAction.Drop => new DropColumn(change.Column),
            ColumnAction.Optional => new MakeOptional(change.Column),
            ColumnAction.Widen => new WidenColumn(change.Column, IcebergTypes.ParsePrimitive(ValueOf(change))),
            ColumnAction.Add => new AddColumn(change.Column, IcebergTypes.ParsePrimitive(ValueOf(change))),
            ColumnAction.Doc => new DocumentColumn(change.Column, string.IsNullOrEmpty(change.Value) ? null : change.Value),
            _ => throw new MeshException("MESH11085", $"There is no change '{change.Action}' of a column."),
        };
    }

    private static string ValueOf(ColumnChange change) => string.IsNullOrWhiteSpace(change.Value)
        ? throw new MeshException("MESH11085", $"The change of column '{change.Column}' needs a value: a name to rename it to, or a type to add it with or widen it to.")
        : change.Value;
}
