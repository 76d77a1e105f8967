using Mesh.Columnar;

namespace Mesh.Formats;

/// <summary>Consecutive messages of one channel as columns.</summary>
/// <param name="Channel">The channel; where several share topic, encoding and schema, the first of them.</param>
/// <param name="LogTimesNs">Log times, nanoseconds since 1970, Int64.</param>
/// <param name="PublishTimesNs">Publish times, nanoseconds since 1970, Int64.</param>
/// <param name="Sequences">The recorder's own sequence numbers, Int64.</param>
/// <param name="Fields">The messages' fields, a row each.</param>
public sealed record ColumnBatch(
    RecordingChannel Channel, ColumnVector LogTimesNs, ColumnVector PublishTimesNs, ColumnVector Sequences, RecordBatch Fields);
