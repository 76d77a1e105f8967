namespace Mesh.Onnx.Pruning;

/// <summary>A layer that lost outputs.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="OperatorType">Its operator.</param>
/// <param name="ChannelsBefore">Outputs it had.</param>
/// <param name="Cut">Which of them went, in order.</param>
/// <param name="Group">Number of the group of layers whose outputs go together, because they are added, normalised or convolved one by one.</param>
public sealed record PrunedLayer(string Node, string OperatorType, int ChannelsBefore, IReadOnlyList<int> Cut, int Group)
{
    /// <summary>Outputs it has.</summary>
    public int ChannelsAfter => ChannelsBefore - Cut.Count;
}
