namespace Mesh.Onnx.Pruning;

/// <summary>What the elements of a constant do for a channel.</summary>
internal enum ChannelRole
{
    /// <summary>Weights that compute it.</summary>
    Computes,
    /// <summary>Weights that use it.</summary>
    Consumes,
    /// <summary>The factor of a batch normalisation.</summary>
    Scales,
    /// <summary>Bias and the like.</summary>
    Accompanies,
}
