namespace Mesh.Broker.Registry;

/// <summary>A schema's text is not one of its type; the message says where and why.</summary>
internal sealed class SchemaFormatException(string problem) : Exception(problem);
