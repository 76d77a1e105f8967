namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>A column of a record.</summary>
/// <param name="Type">Serial type (SQLite file format, 2.1).</param>
/// <param name="Offset">Where in the record it begins.</param>
/// <param name="Bytes">Its length; the largest int where it is longer.</param>
/// <param name="LongBytes">Its length.</param>
internal readonly record struct SqliteColumn(long Type, long Offset, int Bytes, long LongBytes)
{
    /// <summary>Whether it holds bytes: a blob or a text.</summary>
    public bool IsBytes => Type >= 12;
}
