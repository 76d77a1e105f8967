namespace Mesh.Commands.Topologies;

/// <summary>One thing that a topology needs, and what applying it would do to it.</summary>
/// <param name="Kind"><c>topic</c>, <c>group</c>, <c>section</c>, <c>table</c>, <c>product</c> or <c>trigger</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Action"><c>add</c>, <c>change</c>, <c>stay</c> or <c>remove</c>; tables are never removed.</param>
/// <param name="Detail">For people.</param>
public sealed record TopologyChange(string Kind, string Name, string Action, string Detail = "");
