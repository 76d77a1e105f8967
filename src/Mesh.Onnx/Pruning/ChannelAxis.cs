namespace Mesh.Onnx.Pruning;

/// <summary>The axis of a value along which channels lie, and which ones.</summary>
/// <param name="Axis">The axis, counted from 0.</param>
/// <param name="Ids">The channel at each index; one may occur several times, as behind a Flatten.</param>
internal sealed record ChannelAxis(int Axis, int[] Ids);
