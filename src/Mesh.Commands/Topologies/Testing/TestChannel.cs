using System.Text.Json.Nodes;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>A channel of messages that stand in the test.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="Schema">Name of the message type.</param>
/// <param name="Definition">JSON Schema of the messages.</param>
public sealed record TestChannel(string Topic, string Schema, JsonNode Definition);
