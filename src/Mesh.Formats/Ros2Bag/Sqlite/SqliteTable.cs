namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>A table or index as <c>sqlite_schema</c> describes it.</summary>
/// <param name="Type"><c>table</c> or <c>index</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Root">Root page of its b-tree.</param>
/// <param name="Sql">The statement that made it.</param>
internal sealed record SqliteTable(string Type, string Name, uint Root, string Sql)
{
    /// <summary>Names of the columns in record order; empty when the statement is not understood.</summary>
    public IReadOnlyList<string> Columns { get; } = Type == "table" ? CreateTable.Columns(Sql) : [];

    /// <summary>Position of a column by name, ignoring case; -1 when there is none.</summary>
    public int IndexOf(string column)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Equals(column, StringComparison.OrdinalIgnoreCase)) return i;
        }

        return -1;
    }
}
