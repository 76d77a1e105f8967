namespace Mesh.Commands.Maintenance;

/// <summary>What happens to a column.</summary>
public enum ColumnAction
{
    /// <summary>It gets another name; the value is the name alone, without the path.</summary>
    Rename,
    /// <summary>It leaves the schema; there is no value.</summary>
    Drop,
    /// <summary>Its values may be absent; there is no value.</summary>
    Optional,
    /// <summary>It gets a wider type; the value is the type as Iceberg names it.</summary>
    Widen,
    /// <summary>It is new and optional; the value is its type as Iceberg names it.</summary>
    Add,
    /// <summary>It gets a comment, or with an empty value none.</summary>
    Doc,
}
