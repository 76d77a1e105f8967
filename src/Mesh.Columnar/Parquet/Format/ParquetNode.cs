namespace Mesh.Columnar.Parquet;

/// <summary>A field's place in the file's schema with its Dremel levels.</summary>
internal sealed class ParquetNode
{
    public required Field Field { get; init; }

    /// <summary>Names in the file from the root on, those of the layers of a list included.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>The path for messages.</summary>
    public string Name => string.Join('.', Path);

    /// <summary>Definition level at which the value itself is present.</summary>
    public required int DefinitionLevel { get; init; }

    /// <summary>Number of lists around it.</summary>
    public required int RepetitionLevel { get; init; }

    /// <summary>Definition level at which its place exists: that of an element of the innermost list around it, 0 outside of lists.</summary>
    public required int SlotDefinitionLevel { get; init; }

    /// <summary>The fields of a struct, the element of a list.</summary>
    public IReadOnlyList<ParquetNode> Children { get; init; } = [];

    /// <summary>Position among the leaves, that is among the column chunks of a row group; that of the first leaf below for groups.</summary>
    public required int LeafIndex { get; init; }

    /// <summary>How a leaf is stored.</summary>
    public PhysicalType PhysicalType { get; init; }

    /// <summary>Bytes of a fixed-length byte array.</summary>
    public int TypeLength { get; init; }

    /// <summary>How a leaf's stored values become those of its type.</summary>
    public StoredForm Stored { get; init; }

    public bool IsLeaf => Field.Type.Kind is not (TypeKind.Struct or TypeKind.List or TypeKind.Map);
}
