namespace Mesh.Training.Handoff.Contract;

/// <summary>An input or output of the model.</summary>
/// <param name="Name">Name in the ONNX file.</param>
/// <param name="ElementType">Type of the elements, as ONNX names it, in lower case.</param>
/// <param name="Shape">Sizes, outermost first; null where any size fits, such as the batch.</param>
/// <param name="Channels">What stands along the last dimension, in order; none when that is not recorded.</param>
/// <param name="Unit">Unit of the values; <c>unknown</c> when it is not recorded.</param>
public sealed record ContractValue(string Name, string ElementType, IReadOnlyList<long?> Shape, IReadOnlyList<string> Channels, string Unit);
