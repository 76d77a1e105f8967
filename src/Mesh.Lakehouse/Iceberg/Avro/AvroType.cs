namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>A type of the Avro specification 1.11, as far as data files use it.</summary>
internal abstract record AvroType;

/// <summary>Types without parameters.</summary>
internal enum AvroPrimitiveKind
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

/// <summary>A primitive; its logical type does not change its bytes and is not kept.</summary>
internal sealed record AvroPrimitive(AvroPrimitiveKind Kind) : AvroType;

/// <summary>Bytes of a fixed length.</summary>
internal sealed record AvroFixed(int Size) : AvroType;

/// <summary>A symbol, read as its position.</summary>
internal sealed record AvroEnum(int Symbols) : AvroType;

/// <summary>A list of items.</summary>
internal sealed record AvroArray(AvroType Items) : AvroType;

/// <summary>Values by text key.</summary>
internal sealed record AvroMap(AvroType Values) : AvroType;

/// <summary>One of several.</summary>
internal sealed record AvroUnion(AvroType[] Branches) : AvroType;

/// <summary>Named fields; Iceberg finds them by the attribute <c>field-id</c>, never by name or place.</summary>
internal sealed record AvroRecord(string Name) : AvroType
{
    private readonly Dictionary<int, int> indexById = [];
    private readonly List<int> ids = [];

    public List<(string Name, AvroType Type)> Fields { get; } = [];

    /// <summary>Kind of the second field of a pair of a number and a number, text or bytes; null for other records.</summary>
    public AvroPrimitiveKind? PairValue { get; private set; }

    public void Add(string name, AvroType type, int? fieldId)
    {
        if (fieldId is { } id) indexById.TryAdd(id, Fields.Count);
        ids.Add(fieldId ?? -1);
        Fields.Add((name, type));
        PairValue = Fields is [(_, AvroPrimitive { Kind: AvroPrimitiveKind.Int or AvroPrimitiveKind.Long }), (_, AvroPrimitive second)]
            && second.Kind is (AvroPrimitiveKind.Int or AvroPrimitiveKind.Long or AvroPrimitiveKind.Bytes or AvroPrimitiveKind.String) ? second.Kind : null;
    }

    /// <summary>Id of the field at a place; -1 when it has none.</summary>
    public int IdAt(int index) => ids[index];

    public int IndexOf(int fieldId) => indexById.TryGetValue(fieldId, out int index) ? index : -1;
}

/// <summary>A decoded record.</summary>
internal sealed record AvroValue(AvroRecord Type, object?[] Values)
{
    /// <summary>Value of the field with that id; null when the writer's schema has no such field.</summary>
    public object? this[int fieldId] => Type.IndexOf(fieldId) is >= 0 and var index ? Values[index] : null;
}
