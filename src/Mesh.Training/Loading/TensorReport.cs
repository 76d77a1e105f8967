namespace Mesh.Training.Loading;

/// <summary>What a stream gave.</summary>
/// <param name="Samples">Samples.</param>
/// <param name="Batches">Batches.</param>
/// <param name="DataBytes">Bytes of tensors.</param>
/// <param name="Bytes">Bytes of frames.</param>
/// <param name="Seconds">Time it took, the reader's included.</param>
public sealed record TensorReport(long Samples, long Batches, long DataBytes, long Bytes, double Seconds);
