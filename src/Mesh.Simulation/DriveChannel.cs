using Mesh.Formats;

namespace Mesh.Simulation;

/// <summary>A channel of a simulated drive.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="RateHz">Messages per second of true time.</param>
/// <param name="MessageEncoding">Encoding of its payloads.</param>
/// <param name="Schema">Schema of its payloads.</param>
/// <param name="Clock">Delays and clock of its sensor.</param>
public sealed record DriveChannel(string Topic, int RateHz, string MessageEncoding, MessageSchema Schema, SensorClock Clock);
