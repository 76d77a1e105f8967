namespace Mesh.Lakehouse.Iceberg;

/// <summary>What a file of a table holds (Iceberg specification, "Data File Fields", <c>content</c>).</summary>
public enum DataFileContent
{
    /// <summary>Rows.</summary>
    Data = 0,
    /// <summary>Rows deleted by file and position.</summary>
    PositionDeletes = 1,
    /// <summary>Rows deleted by the values of some columns.</summary>
    EqualityDeletes = 2,
}
