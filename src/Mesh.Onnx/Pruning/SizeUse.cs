using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>A number in a node that counts channels: the size in a Reshape or Split, the groups of a Conv.</summary>
/// <param name="Node">The node.</param>
/// <param name="Index">Index among its sizes; -1 for the attribute <c>group</c>.</param>
/// <param name="Ids">The channels that it counts.</param>
internal sealed record SizeUse(GraphNode Node, int Index, int[] Ids);
