namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>A row of a small table, in memory as a whole.</summary>
internal sealed class SqliteRow(long rowId, uint page, byte[] record, SqliteColumn[] columns, int textEncoding)
{
    public long RowId => rowId;

    /// <summary>Leaf page it was found on.</summary>
    public uint Page => page;

    public int Count => columns.Length;

    /// <summary>The text in a column; null when it is none, or the column is later than the row.</summary>
    public string? Text(int column) => column >= 0 && column < columns.Length ? SqliteRecord.Text(record, columns[column], textEncoding) : null;

    /// <summary>The integer in a column; null when it is none, or the column is later than the row.</summary>
    public long? Integer(int column) =>
        column >= 0 && column < columns.Length && SqliteRecord.TryInteger(record, columns[column], out long value) ? value : null;

    public bool IsNull(int column) => column < columns.Length && columns[column].Type == SqliteRecord.Null;
}
