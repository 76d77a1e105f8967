namespace Mesh.Commands.Topologies.Testing;

/// <summary>A message that stands in the test.</summary>
/// <param name="Channel">Its channel.</param>
/// <param name="AtNs">Its time from the beginning, nanoseconds.</param>
/// <param name="Payload">Its bytes.</param>
public sealed record TestMessage(TestChannel Channel, long AtNs, byte[] Payload);
