namespace Mesh.Training.Compression.Samples;

/// <summary>Samples for one model.</summary>
/// <param name="Calibration">What ranges are measured on: data that the model learnt from.</param>
/// <param name="Validation">What variant and parent are compared on: data that it did not learn from.</param>
/// <param name="Table">Table they are from; where they are from a folder, that.</param>
/// <param name="SnapshotId">Its snapshot; 0 for a folder.</param>
internal sealed record ModelSamples(SampleSet Calibration, SampleSet Validation, string Table, long SnapshotId);
