namespace Mesh.Commands.Maintenance;

/// <summary>Changes of one table's columns, all or none, as a command or over HTTP.</summary>
public sealed record AlterRequest
{
    /// <summary>The changes, made one after the other.</summary>
    public IReadOnlyList<ColumnChange> Changes { get; init; } = [];
}
