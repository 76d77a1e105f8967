namespace Mesh.Commands.Topologies;

/// <summary>A topology file, as it is sent to a server.</summary>
/// <param name="FileName">Its name, for messages.</param>
/// <param name="Yaml">Its text.</param>
public sealed record TopologyRequest(string FileName, string Yaml);
