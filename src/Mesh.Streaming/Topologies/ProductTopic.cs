namespace Mesh.Streaming.Topologies;

/// <summary>A topic that has the rows of a product.</summary>
/// <param name="Name">The topic.</param>
/// <param name="Form">As what the rows are there.</param>
/// <param name="Schema">Message schema, or synchronised group, that the product is made from.</param>
public sealed record ProductTopic(string Name, PublishForm Form, string Schema);
