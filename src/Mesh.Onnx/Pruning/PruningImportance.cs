namespace Mesh.Onnx.Pruning;

/// <summary>What says how much a channel matters.</summary>
public enum PruningImportance
{
    /// <summary>Sum of the magnitudes of the weights that compute it.</summary>
    L1,
    /// <summary>Root of the sum of their squares.</summary>
    L2,
    /// <summary>Magnitude of the scale that a batch normalisation gives it; L2 where there is none.</summary>
    BatchNormalisation,
    /// <summary>Root mean square of its values on samples, times L2 of the weights that use it: what it contributes.</summary>
    Activation,
}
