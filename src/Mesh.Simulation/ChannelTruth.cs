namespace Mesh.Simulation;

/// <summary>What was written to one channel.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="SchemaName">Name of its schema.</param>
/// <param name="Messages">Messages written.</param>
/// <param name="PayloadBytes">Bytes of their payloads.</param>
/// <param name="Clock">Delays and clock of the sensor.</param>
public sealed record ChannelTruth(string Topic, string SchemaName, long Messages, long PayloadBytes, SensorClock Clock);
