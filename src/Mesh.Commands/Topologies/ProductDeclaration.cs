namespace Mesh.Commands.Topologies;

/// <summary>What the topologies say of a product, as lists need it.</summary>
/// <param name="Product">Its name.</param>
/// <param name="Owner">Team that owns the topology; may be empty.</param>
/// <param name="Freshness">Longest time without a commit before it counts as late; null when none is stated.</param>
/// <param name="Versions">Versions of topologies that name it.</param>
public sealed record ProductDeclaration(string Product, string Owner, TimeSpan? Freshness, int Versions);
