using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Columns whose ids the specification reserves ("Reserved Field IDs").</summary>
internal static class ReservedFields
{
    /// <summary>In position delete files: URI of the data file.</summary>
    public static readonly Field FilePath = new("file_path", DataType.Utf8, Nullable: false, 2147483546);

    /// <summary>In position delete files: position of the row in it, from 0.</summary>
    public static readonly Field Position = new("pos", DataType.Int64, Nullable: false, 2147483545);

    /// <summary>Position of a row in the file it is read from, from 0; not stored.</summary>
    public static readonly Field RowPosition = new("_pos", DataType.Int64, Nullable: false, 2147483645);
}
