namespace Mesh.Formats.Mdf4.Writing;

/// <summary>How a column's values are put into records.</summary>
internal enum Mdf4ColumnKind
{
    /// <summary>One byte, 0 or 1.</summary>
    Boolean,

    /// <summary>Four bytes as they are.</summary>
    Four,

    /// <summary>Eight bytes as they are.</summary>
    Eight,

    /// <summary>A decimal of 20 digits without fraction, which is how unsigned 64-bit integers come.</summary>
    Unsigned64,

    /// <summary>Bytes of variable length.</summary>
    Bytes,

    /// <summary>Text of variable length.</summary>
    Text,

    /// <summary>A value of another type, as text: decimals, lists (JSON).</summary>
    Json,
}
