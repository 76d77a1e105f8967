namespace Mesh.Onnx.Runtime;

/// <summary>How far ONNX Runtime may rewrite a graph before it runs it.</summary>
public enum OrtOptimisation
{
    /// <summary>Not at all: the nodes run as they are written.</summary>
    None = 0,
    /// <summary>Constants are folded and what nobody uses is dropped.</summary>
    Basic = 1,
    /// <summary>Nodes are fused as well, which may change the last bits of results.</summary>
    Extended = 2,
    /// <summary>Memory layouts are changed as well.</summary>
    All = 99,
}
