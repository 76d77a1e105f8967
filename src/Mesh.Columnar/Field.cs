namespace Mesh.Columnar;

/// <summary>A named, typed place in a schema.</summary>
/// <param name="Name">Name as users see it.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Nullable">Whether a value may be absent.</param>
/// <param name="Id">The lake's stable field id; 0 while none has been assigned.</param>
public sealed record Field(string Name, DataType Type, bool Nullable = true, int Id = 0)
{
    /// <summary>Free text for readers of the schema: a unit, a source.</summary>
    public string? Doc { get; init; }
}
