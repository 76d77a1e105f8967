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
    /// <summary>IEEE 754 half precision.</summary>
    Float16,
    /// <summary>128-bit little-endian two's complement, with precision and scale.</summary>
    Decimal128,
    /// <summary>Days since 1970-01-01, 32-bit.</summary>
    Date32,
    /// <summary>Microseconds since 1970-01-01T00:00:00Z, 64-bit, UTC.</summary>
    TimestampMicros,
    /// <summary>Nanoseconds since 1970-01-01T00:00:00Z, 64-bit, UTC.</summary>
    TimestampNanos,
    /// <summary>Microseconds since 1970-01-01T00:00:00 on a clock of unknown zone, 64-bit.</summary>
    LocalTimestampMicros,
    /// <summary>Nanoseconds since 1970-01-01T00:00:00 on a clock of unknown zone, 64-bit.</summary>
    LocalTimestampNanos,
    /// <summary>Microseconds since midnight, 64-bit.</summary>
    TimeMicros,
    /// <summary>16 bytes in the order of RFC 4122 (big-endian).</summary>
    Uuid,
    /// <summary>Bytes of one length, without offsets.</summary>
    FixedBinary,
    /// <summary>UTF-8 text with 32-bit offsets.</summary>
    Utf8,
    /// <summary>Bytes with 32-bit offsets.</summary>
    Binary,
    /// <summary>Variable-length list with 32-bit offsets and one child.</summary>
    List,
    /// <summary>Keys with values: laid out as a list whose one child is a struct of key and value, neither the struct nor the key null.</summary>
    Map,
    /// <summary>Named children of equal length.</summary>
    Struct,
}
