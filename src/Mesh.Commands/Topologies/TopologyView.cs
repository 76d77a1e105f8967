using Mesh.Lakehouse.Topologies;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>A topology version as users see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Owner">Team that answers for it.</param>
/// <param name="Digest">Content hash of what decides what is written to tables.</param>
/// <param name="State"><c>active</c> or <c>retired</c>.</param>
/// <param name="Origin">How it came into force: <c>built_in</c>, <c>started</c> with the server or <c>applied</c>.</param>
/// <param name="AppliedAt">Since when it is, or was last, in force.</param>
/// <param name="FromEarliest">Whether it reads every upload the log holds, or only those accepted since.</param>
/// <param name="SourceTopic">Topic it reads.</param>
/// <param name="Group">Consumer group.</param>
/// <param name="Products">Its products.</param>
public sealed record TopologyView(
    string Name, int Version, string Owner, string Digest, string State, TopologyOrigin Origin, DateTimeOffset AppliedAt, bool FromEarliest,
    string SourceTopic, string Group, IReadOnlyList<string> Products)
{
    /// <summary>The file's text; null in listings.</summary>
    public string? Yaml { get; init; }

    /// <summary>What it says of its products.</summary>
    public IReadOnlyList<DeclaredProductView> Declared { get; init; } = [];

    /// <summary>Makes the view of a stored topology.</summary>
    public static TopologyView Of(StoredTopology stored, bool withText)
    {
        var topology = Topology.Parse(stored.Yaml, stored.FileName);
        var products = ProductsSection.Read(topology);
        return new TopologyView(
            stored.Name, stored.Version, topology.Owner, stored.Digest, stored.IsActive ? "active" : "retired", stored.Origin, stored.AppliedAt, stored.FromEarliest,
            topology.SourceTopic, topology.Group, [.. products.Select(product => product.Name)])
        {
            Yaml = withText ? stored.Yaml : null,
            Declared = [.. products.Select(product => DeclaredProductView.Of(product, topology))],
        };
    }
}
