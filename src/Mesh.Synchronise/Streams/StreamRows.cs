using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise.Streams;

/// <summary>Messages of one channel of one vehicle, as they lie in the log.</summary>
/// <param name="Rows">The rows, in that order.</param>
/// <param name="Offsets">Offset of each row's message; several rows may be of one.</param>
public sealed record StreamRows(ChannelBatch Rows, IReadOnlyList<long> Offsets);
