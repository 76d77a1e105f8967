namespace Mesh.Columnar;

/// <summary>Physical kinds of a column; the logical types of the lake map one to one.</summary>
public enum TypeKind
{
    /// <summary>Bit-packed truth values.</summary>
    Boolean,
    /// <summary>32-bit signed.</summary>
    Int32,
    /// <summary>64-bit signed.</summary>
    Int64,
    /// <summary>IEEE 754 single precision.</summary>
    Float32,
    /// <summary>IEEE 754 double precision.</summary>
    Float64,
    /// <summary>128-bit little-endian two's complement, with precision and scale.</summary>
    Decimal128,
    /// <summary>Days since 1970-01-01, 32-bit.</summary>
    Date32,
    /// <summary>Microseconds since 1970-01-01T00:00:00Z, 64-bit, UTC.</summary>
    TimestampMicros,
    /// <summary>UTF-8 text with 32-bit offsets.</summary>
    Utf8,
    /// <summary>Bytes with 32-bit offsets.</summary>
    Binary,
    /// <summary>Variable-length list with 32-bit offsets and one child.</summary>
    List,
    /// <summary>Named children of equal length.</summary>
    Struct,
}
