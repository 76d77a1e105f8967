namespace Mesh.Training.Loading;

/// <summary>A column of a stream.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Dtype">Element type in safetensors' words.</param>
/// <param name="Layout">scalar, row or ragged.</param>
/// <param name="Length">Elements per row where every row has as many, else 1.</param>
/// <param name="Nullable">Whether there is a tensor <c>NAME:valid</c>.</param>
/// <param name="Values">Texts by code; null where there are no codes.</param>
public sealed record TensorColumnView(string Name, string Dtype, string Layout, int Length, bool Nullable, IReadOnlyList<string>? Values);
