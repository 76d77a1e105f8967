using System.Text.Json.Serialization;

namespace Mesh.Training.Compression;

/// <summary>What ranges were measured on.</summary>
/// <param name="Table">Table the samples are from.</param>
/// <param name="SnapshotId">Its snapshot.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="Digest">SHA-256 over the samples' values as little-endian floats, in order; lower-case hex.</param>
public sealed record VariantCalibration(
    string Table,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long SnapshotId,
    int Samples,
    string Digest);
