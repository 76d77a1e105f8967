namespace Mesh.Onnx;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Name.</param>
/// <param name="ElementType">Type of the elements.</param>
/// <param name="Dimensions">Sizes; null where the size is symbolic, such as the batch.</param>
public sealed record OnnxValue(string Name, OnnxElementType ElementType, IReadOnlyList<long?> Dimensions)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {ElementType}[{string.Join(", ", Dimensions.Select(size => size?.ToString() ?? "?"))}]";
}
