namespace Mesh.Commands.Queries;

/// <summary>A column; nested ones have dotted names.</summary>
public sealed record ProductColumnView(string Name, string Type, bool Nullable, int FieldId)
{
    /// <summary>Its comment; null when nobody has written one.</summary>
    public string? Doc { get; init; }
}
