using System.Collections.Frozen;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.FlatBuffers;

/// <summary>Types as a binary schema numbers them (reflection.fbs, <c>BaseType</c>).</summary>
internal enum FlatType : byte
{
    None,
    UType,
    Bool,
    Byte,
    UByte,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    Float,
    Double,
    String,
    Vector,
    Obj,
    Union,
    Array,
}

/// <summary>A value of a binary schema, ready to be read into its builder.</summary>
internal sealed record FlatNode(FlatType Kind, string Path)
{
    /// <summary>Place in the vtable of a table's field, or in the struct itself.</summary>
    public int Offset { get; init; }
    public long DefaultInteger { get; init; }
    public double DefaultReal { get; init; }

    /// <summary>Whether absence is null rather than the default.</summary>
    public bool IsOptional { get; init; }
    public bool IsStruct { get; init; }

    /// <summary>Bytes of a struct, or of an element's place in a vector.</summary>
    public int Size { get; init; }
    public int FixedLength { get; init; }
    public FrozenDictionary<long, byte[]>? EnumNames { get; init; }

    /// <summary>Fields of an object; variants of a union in the order of its type numbers.</summary>
    public FlatNode[] Fields { get; init; } = [];

    /// <summary>Type numbers of a union's variants.</summary>
    public long[] Variants { get; init; } = [];

    /// <summary>Place of a union's type in the vtable.</summary>
    public int TypeOffset { get; init; }
    public FlatNode? Element { get; init; }
    public int Columns { get; init; } = 1;
    public required DataType Type { get; init; }

    public static int SizeOf(FlatType type) => type switch
    {
        FlatType.UType or FlatType.Bool or FlatType.Byte or FlatType.UByte => 1,
        FlatType.Short or FlatType.UShort => 2,
        FlatType.Long or FlatType.ULong or FlatType.Double => 8,
        _ => 4,
    };
}
