using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// A change of a table's columns (Iceberg specification, "Schema Evolution"). A path leads through structs by names, through lists by
/// <c>element</c>, through maps by <c>value</c>: <c>pose.position.x</c>, <c>points.element.i</c>.
/// </summary>
/// <param name="Path">The column.</param>
public abstract record SchemaChange(string Path);

/// <summary>Adds an optional column at the end of its struct; older rows have no value for it.</summary>
/// <param name="Path">The new column; all but its last name exist.</param>
/// <param name="Type">Its type; ids are assigned.</param>
/// <param name="Doc">A comment.</param>
public sealed record AddColumn(string Path, DataType Type, string? Doc = null) : SchemaChange(Path);

/// <summary>Gives a column another name; files need no change, they are read by id.</summary>
/// <param name="Path">The column.</param>
/// <param name="Name">Its new name alone, without the path.</param>
public sealed record RenameColumn(string Path, string Name) : SchemaChange(Path);

/// <summary>Takes a column out of the schema. Its id is never used again; older snapshots' files keep the values.</summary>
/// <param name="Path">The column.</param>
public sealed record DropColumn(string Path) : SchemaChange(Path);

/// <summary>Widens a column: int to long, float to double, a decimal to more digits.</summary>
/// <param name="Path">The column.</param>
/// <param name="Type">The wider type.</param>
public sealed record WidenColumn(string Path, DataType Type) : SchemaChange(Path);

/// <summary>Lets values of a column be absent.</summary>
/// <param name="Path">The column.</param>
public sealed record MakeOptional(string Path) : SchemaChange(Path);

/// <summary>Puts a column to another place in its struct.</summary>
/// <param name="Path">The column.</param>
/// <param name="After">Name of the column that it comes after; null to be the first.</param>
public sealed record MoveColumn(string Path, string? After) : SchemaChange(Path);

/// <summary>Sets or removes a column's comment.</summary>
/// <param name="Path">The column.</param>
/// <param name="Doc">The comment; null for none.</param>
public sealed record DocumentColumn(string Path, string? Doc) : SchemaChange(Path);
