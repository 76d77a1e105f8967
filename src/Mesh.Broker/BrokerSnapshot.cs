namespace Mesh.Broker;

/// <summary>What the broker holds at a moment, for status displays and metrics.</summary>
/// <param name="Bootstrap">Address for clients.</param>
/// <param name="ClusterId">Identity of the data folder.</param>
/// <param name="Connections">Open client connections.</param>
/// <param name="BufferedBytes">Memory that large requests and answers hold.</param>
/// <param name="Topics">Topics by name.</param>
/// <param name="Groups">Consumer groups that have members or committed offsets, by id.</param>
public sealed record BrokerSnapshot(
    string Bootstrap, string ClusterId, int Connections, long BufferedBytes, IReadOnlyList<TopicSnapshot> Topics, IReadOnlyList<GroupSnapshot> Groups);
