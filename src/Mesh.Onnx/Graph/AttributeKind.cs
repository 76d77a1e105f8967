namespace Mesh.Onnx.Graph;

/// <summary>Kinds of attributes (onnx.proto, <c>AttributeProto.AttributeType</c>); those that Mesh writes.</summary>
public enum AttributeKind
{
    /// <summary>Not set.</summary>
    Undefined = 0,
    /// <summary>A number.</summary>
    Float = 1,
    /// <summary>An integer.</summary>
    Int = 2,
    /// <summary>A text.</summary>
    String = 3,
    /// <summary>A tensor.</summary>
    Tensor = 4,
    /// <summary>A subgraph.</summary>
    Graph = 5,
    /// <summary>Numbers.</summary>
    Floats = 6,
    /// <summary>Integers.</summary>
    Ints = 7,
    /// <summary>Texts.</summary>
    Strings = 8,
}
