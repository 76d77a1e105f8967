namespace Mesh.Onnx;

/// <summary>Element types of tensors (onnx.proto, <c>TensorProto.DataType</c>).</summary>
public enum OnnxElementType
{
    /// <summary>Not set.</summary>
    Undefined = 0,
    /// <summary>IEEE 754 single precision.</summary>
    Float = 1,
    /// <summary>8-bit unsigned.</summary>
    UInt8 = 2,
    /// <summary>8-bit signed.</summary>
    Int8 = 3,
    /// <summary>16-bit unsigned.</summary>
    UInt16 = 4,
    /// <summary>16-bit signed.</summary>
    Int16 = 5,
    /// <summary>32-bit signed.</summary>
    Int32 = 6,
    /// <summary>64-bit signed.</summary>
    Int64 = 7,
    /// <summary>Text.</summary>
    String = 8,
    /// <summary>Truth value, one byte.</summary>
    Boolean = 9,
    /// <summary>IEEE 754 half precision.</summary>
    Float16 = 10,
    /// <summary>IEEE 754 double precision.</summary>
    Double = 11,
    /// <summary>32-bit unsigned.</summary>
    UInt32 = 12,
    /// <summary>64-bit unsigned.</summary>
    UInt64 = 13,
    /// <summary>Truncated single precision.</summary>
    BFloat16 = 16,
}
