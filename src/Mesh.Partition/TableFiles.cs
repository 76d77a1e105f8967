using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Partition;

/// <summary>The complete files of one upload for one table.</summary>
/// <param name="Table">The table as its schema and layout were when the files were written.</param>
/// <param name="Files">The files, in the order they were completed.</param>
public sealed record TableFiles(Table Table, IReadOnlyList<WrittenFile> Files)
{
    /// <summary>Name of the table.</summary>
    public TableIdentifier Identifier => Table.Identifier;

    /// <summary>Rows in all files.</summary>
    public long RowCount => Files.Sum(file => file.File.RowCount);
}
