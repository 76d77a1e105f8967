namespace Mesh.Simulation;

/// <summary>A message of a simulated drive.</summary>
/// <param name="Channel">Position in <see cref="DriveSimulator.Channels"/>.</param>
/// <param name="Sequence">0-based number within the channel.</param>
/// <param name="LogTimeNs">When the recorder got it, true time.</param>
/// <param name="PublishTimeNs">When the sensor sent it, true time.</param>
/// <param name="Payload">The encoded message; valid until the next message is asked for.</param>
public readonly record struct SimulatedMessage(int Channel, uint Sequence, long LogTimeNs, long PublishTimeNs, ReadOnlyMemory<byte> Payload);
