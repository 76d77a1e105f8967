using Mesh.Kafka.Events;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode.Telemetry;

/// <summary>What became of a batch of telemetry messages: each is in rows, in letters, or not wanted.</summary>
/// <param name="Batches">Rows by schema.</param>
/// <param name="Letters">Messages, or frames of one, that have no row.</param>
/// <param name="NotSelected">Messages of channels that the topology does not want.</param>
public sealed record TelemetryRows(IReadOnlyList<TelemetryBatch> Batches, IReadOnlyList<DeadLetter> Letters, long NotSelected);

/// <summary>Rows of one schema.</summary>
/// <param name="Rows">The rows, in the order of the messages.</param>
/// <param name="Inputs">Per row the position of its message in what was decoded.</param>
public sealed record TelemetryBatch(ChannelBatch Rows, IReadOnlyList<int> Inputs);
