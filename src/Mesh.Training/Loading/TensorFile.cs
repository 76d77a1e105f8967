using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>A Parquet file that rows are read from; it never changes.</summary>
/// <param name="Uri">Its identity in the lake.</param>
/// <param name="OpenAsync">Opens it.</param>
public sealed record TensorFile(string Uri, Func<CancellationToken, ValueTask<IByteSource>> OpenAsync);
