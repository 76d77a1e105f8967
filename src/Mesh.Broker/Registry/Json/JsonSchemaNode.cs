using System.Text.Json;

namespace Mesh.Broker.Registry.Json;

internal enum JsonSchemaKind
{
    /// <summary>Allows everything.</summary>
    Anything,

    /// <summary>Allows nothing: <c>false</c>.</summary>
    Nothing,
    String,
    Number,
    Boolean,
    Null,
    Object,
    Array,
    Enum,
    Const,
    Not,
    Combined,
}

/// <summary>
/// One kind of assertion of a JSON schema. A schema with several, for example a type and an enum, is their <c>allOf</c>; one that allows
/// several types is the <c>anyOf</c> of these. Keywords are read from <see cref="Element"/> when they are compared.
/// </summary>
internal sealed class JsonSchemaNode
{
    public required JsonSchemaKind Kind { get; init; }

    /// <summary>The schema that says it; undefined for a node that stands for several.</summary>
    public JsonElement Element { get; init; }

    public required JsonSchemaReader Reader { get; init; }

    /// <summary>allOf, anyOf or oneOf.</summary>
    public string Criterion { get; init; } = "";

    /// <summary>Whether numbers must be whole.</summary>
    public bool IsInteger { get; init; }

    public IReadOnlyList<Func<JsonSchemaNode>> Parts { get; init; } = [];
}
