namespace Mesh.Onnx.Pruning;

/// <summary>A layer that kept all outputs because something depends on their number.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="OperatorType">Its operator.</param>
/// <param name="Reason">What depends on it.</param>
public sealed record UntouchedLayer(string Node, string OperatorType, string Reason);
