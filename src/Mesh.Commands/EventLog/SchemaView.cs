namespace Mesh.Commands.EventLog;

/// <summary>A subject of the schema registry, with its latest version.</summary>
/// <param name="Subject"><c>TOPIC-value</c> or <c>TOPIC-key</c>.</param>
/// <param name="Version">The latest version.</param>
/// <param name="Versions">All versions.</param>
/// <param name="Id">Id that records carry.</param>
/// <param name="Type"><c>PROTOBUF</c>, <c>AVRO</c> or <c>JSON</c>.</param>
/// <param name="Text">The schema.</param>
public sealed record SchemaView(string Subject, int Version, IReadOnlyList<int> Versions, int Id, string Type, string Text);
