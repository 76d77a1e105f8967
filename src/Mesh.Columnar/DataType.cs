namespace Mesh.Columnar;

/// <summary>Type of a column. Two types are equal when they describe the same values.</summary>
public abstract record DataType(TypeKind Kind)
{
    /// <summary>Truth value.</summary>
    public static readonly PrimitiveType Boolean = new(TypeKind.Boolean);
    /// <summary>32-bit signed integer.</summary>
    public static readonly PrimitiveType Int32 = new(TypeKind.Int32);
    /// <summary>64-bit signed integer.</summary>
    public static readonly PrimitiveType Int64 = new(TypeKind.Int64);
    /// <summary>Single precision.</summary>
    public static readonly PrimitiveType Float32 = new(TypeKind.Float32);
    /// <summary>Double precision.</summary>
    public static readonly PrimitiveType Float64 = new(TypeKind.Float64);
    /// <summary>Half precision.</summary>
    public static readonly PrimitiveType Float16 = new(TypeKind.Float16);
    /// <summary>Calendar day.</summary>
    public static readonly PrimitiveType Date32 = new(TypeKind.Date32);
    /// <summary>Instant in microseconds, UTC.</summary>
    public static readonly PrimitiveType TimestampMicros = new(TypeKind.TimestampMicros);
    /// <summary>Instant in nanoseconds, UTC.</summary>
    public static readonly PrimitiveType TimestampNanos = new(TypeKind.TimestampNanos);
    /// <summary>Date and time in microseconds without a zone.</summary>
    public static readonly PrimitiveType LocalTimestampMicros = new(TypeKind.LocalTimestampMicros);
    /// <summary>Date and time in nanoseconds without a zone.</summary>
    public static readonly PrimitiveType LocalTimestampNanos = new(TypeKind.LocalTimestampNanos);
    /// <summary>Time of day in microseconds.</summary>
    public static readonly PrimitiveType TimeMicros = new(TypeKind.TimeMicros);
    /// <summary>Universally unique identifier.</summary>
    public static readonly PrimitiveType Uuid = new(TypeKind.Uuid);
    /// <summary>Text.</summary>
    public static readonly PrimitiveType Utf8 = new(TypeKind.Utf8);
    /// <summary>Bytes.</summary>
    public static readonly PrimitiveType Binary = new(TypeKind.Binary);

    /// <summary>Bytes per value of a fixed-width type; 0 for booleans (bit-packed), variable-width and nested types.</summary>
    public virtual int ByteWidth => Kind switch
    {
        TypeKind.Float16 => 2,
        TypeKind.Int32 or TypeKind.Float32 or TypeKind.Date32 => 4,
        TypeKind.Int64 or TypeKind.Float64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros
            or TypeKind.LocalTimestampNanos or TypeKind.TimeMicros => 8,
        TypeKind.Decimal128 or TypeKind.Uuid => 16,
        _ => 0,
    };
}

/// <summary>A type without parameters.</summary>
public sealed record PrimitiveType(TypeKind Kind) : DataType(Kind);

/// <summary>Exact decimal; <paramref name="Precision"/> digits of which <paramref name="Scale"/> are after the point.</summary>
public sealed record DecimalType(int Precision, int Scale) : DataType(TypeKind.Decimal128);

/// <summary>Byte strings of <paramref name="ByteCount"/> bytes each.</summary>
public sealed record FixedBinaryType(int ByteCount) : DataType(TypeKind.FixedBinary)
{
    /// <inheritdoc/>
    public override int ByteWidth => ByteCount;
}

/// <summary>List of <paramref name="Element"/>.</summary>
public sealed record ListType(Field Element) : DataType(TypeKind.List);

/// <summary>
/// Values by key. <paramref name="Key"/> is not nullable. A vector of it is laid out as that of a list of <see cref="Entries"/>: offsets, and one
/// child, a struct vector of the two columns.
/// </summary>
public sealed record MapType(Field Key, Field Value) : DataType(TypeKind.Map)
{
    /// <summary>The element of the list that a map is laid out as.</summary>
    public Field Entries { get; } = new("key_value", new StructType([Key, Value]), Nullable: false);
}

/// <summary>Named fields in order.</summary>
public sealed record StructType(IReadOnlyList<Field> Fields) : DataType(TypeKind.Struct)
{
    /// <inheritdoc/>
    public bool Equals(StructType? other) => other is not null && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => Fields.Aggregate(17, HashCode.Combine);
}
