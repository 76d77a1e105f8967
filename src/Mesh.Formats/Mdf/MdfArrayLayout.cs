namespace Mesh.Formats.Mdf;

/// <summary>An array of values in one record (specification 4.2, "CABLOCK"): element i, j, ... lies at the sum of index times byte stride.</summary>
/// <param name="Dimensions">Elements per dimension, outermost first as the block lists them.</param>
/// <param name="Strides">Bytes between neighbours per dimension; negative for inverse layouts.</param>
/// <param name="BaseOffset">Bytes from the channel's byte offset to element 0 (the block's negative start of inverse layouts).</param>
/// <param name="InvalidationStride">Invalidation bits between neighbouring elements; 0 when all share the channel's.</param>
public sealed record MdfArrayLayout(IReadOnlyList<int> Dimensions, IReadOnlyList<int> Strides, int BaseOffset, int InvalidationStride);
