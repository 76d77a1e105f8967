namespace Mesh.Commands.Maintenance;

/// <summary>One change of a table's columns.</summary>
/// <param name="Action">What happens.</param>
/// <param name="Column">The column; names joined by dots lead into structs, <c>element</c> into lists, <c>value</c> into maps.</param>
/// <param name="Value">The new name, type or comment, as the action has it.</param>
public sealed record ColumnChange(ColumnAction Action, string Column, string? Value = null);
