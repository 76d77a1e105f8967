namespace Mesh.Commands.Topologies;

/// <summary>What applying a topology changes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Digest">Content hash of what decides what is written to tables.</param>
/// <param name="Action"><c>add</c>, <c>change</c> or <c>stay</c>, compared with the same name and version in force.</param>
/// <param name="Changes">Thing by thing.</param>
/// <param name="Conflicts">Why it cannot be applied beside what is in force; empty when it can.</param>
/// <param name="Notes">What to bear in mind.</param>
/// <param name="Tree">The graph as text, line by line.</param>
/// <param name="Mermaid">The graph as a Mermaid flowchart.</param>
public sealed record TopologyPlanView(
    string Name, int Version, string Digest, string Action, IReadOnlyList<TopologyChange> Changes, IReadOnlyList<string> Conflicts, IReadOnlyList<string> Notes,
    IReadOnlyList<string> Tree, string Mermaid);
