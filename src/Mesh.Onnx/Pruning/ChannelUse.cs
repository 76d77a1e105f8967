using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>A constant with elements for each of some channels: what is sliced when they go.</summary>
/// <param name="Node">The node that uses it.</param>
/// <param name="Constant">The constant.</param>
/// <param name="Axis">Axis along which the channels lie.</param>
/// <param name="Ids">The channel at each index.</param>
/// <param name="Role">What the elements do.</param>
internal sealed record ChannelUse(GraphNode Node, GraphValue Constant, int Axis, int[] Ids, ChannelRole Role);
