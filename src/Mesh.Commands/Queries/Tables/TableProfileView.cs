using System.Text.Json.Serialization;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Reading;

namespace Mesh.Commands.Queries.Tables;

/// <summary>What the manifests of a snapshot say of a table's columns. Counts and bounds include rows that row-level deletes have taken out.</summary>
/// <param name="Table">The table.</param>
/// <param name="SnapshotId">The snapshot, as text in JSON; null for an empty table.</param>
/// <param name="Files">Data files looked at.</param>
/// <param name="IsComplete">Whether these are all; false when the limit was reached.</param>
/// <param name="FilesWithDeletes">Of them, those that row-level deletes apply to.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="Columns">Leaf columns in the order of the schema.</param>
public sealed record TableProfileView(
    string Table, [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? SnapshotId,
    long Files, bool IsComplete, long FilesWithDeletes, long Rows, IReadOnlyList<ColumnProfileView> Columns)
{
    internal static TableProfileView Of(string table, TableProfile profile) => new(
        table, profile.SnapshotId, profile.Files, profile.IsComplete, profile.FilesWithDeletes, profile.Rows, [.. profile.Columns.Select(ColumnProfileView.Of)]);
}

/// <summary>What the manifests say of a leaf column.</summary>
/// <param name="Name">Path; <c>element</c>, <c>key</c> and <c>value</c> lead into lists and maps.</param>
/// <param name="Type">Type as Iceberg names it.</param>
/// <param name="Doc">Its comment; null when nobody has written one.</param>
/// <param name="Values">Values, absent ones included, of the files that tell.</param>
/// <param name="Nulls">Absent values of those.</param>
/// <param name="NotNumbers">NaNs of those.</param>
/// <param name="Bytes">Compressed bytes.</param>
/// <param name="Min">Smallest value as text, as subscribers see it; null when no file tells.</param>
/// <param name="Max">Largest value as text; null when no file tells.</param>
/// <param name="IsCut">Whether the bounds may be the beginnings of longer texts, the upper one rounded up.</param>
/// <param name="SilentFiles">Files that tell nothing of the column.</param>
public sealed record ColumnProfileView(
    string Name, string Type, string? Doc, long Values, long Nulls, long NotNumbers, long Bytes, string? Min, string? Max, bool IsCut, long SilentFiles)
{
    // Bounds of text and bytes are cut to 16 characters (Iceberg specification, "Metrics": truncate).
    private const int BoundUnits = 16;

    internal static ColumnProfileView Of(ColumnProfile column) => new(
        column.Path, IcebergTypes.ToText(column.Field.Type), column.Field.Doc, column.Values, column.Nulls, column.NotNumbers, column.Bytes,
        Text(column.Lower, column.Field.Type), Text(column.Upper, column.Field.Type), IsLong(column.Lower) || IsLong(column.Upper), column.SilentFiles);

    private static string? Text(object? bound, DataType type) => bound is null ? null : SingleValueText.Of(bound, type);

    private static bool IsLong(object? bound) => bound is string { Length: >= BoundUnits } or byte[] { Length: >= BoundUnits };
}
