namespace Mesh.Streaming.Topologies;

/// <summary>
/// A topology file: which recordings become which products, and what they start. Each section is handed to its stage, which reads it and
/// adds to <see cref="Errors"/>.
/// </summary>
public sealed class Topology
{
    /// <summary>Reads a topology; syntax errors end in <see cref="Errors"/>, with line and remedy.</summary>
    /// <param name="yaml">Text of the file.</param>
    /// <param name="fileName">For messages.</param>
    public static Topology Parse(string yaml, string fileName) => throw new NotSupportedException();

    /// <summary><c>metadata.name</c>.</summary>
    public string Name => throw new NotSupportedException();

    /// <summary>First 12 hex digits of the SHA-256 of the sections that decide what is written to tables (decode, synchronise, partition, products), comments and formatting apart.</summary>
    public string Version => throw new NotSupportedException();

    /// <summary>The text as read.</summary>
    public string Yaml => throw new NotSupportedException();

    /// <summary><c>source.group</c>, by default <c>mesh.NAME</c>.</summary>
    public string Group => throw new NotSupportedException();

    /// <summary>A top-level section (<c>decode</c>, <c>synchronise</c>, <c>partition</c>, <c>products</c>, <c>triggers</c>, <c>limits</c>); null when absent.</summary>
    public TopologyNode? Section(string name) => throw new NotSupportedException();

    /// <summary>Everything wrong with the file, in line order.</summary>
    public TopologyErrors Errors => throw new NotSupportedException();
}
