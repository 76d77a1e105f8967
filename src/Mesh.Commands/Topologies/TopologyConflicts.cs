using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>
/// Why two topologies cannot be in force together. They would write the same table when namespace and version are equal and either both read
/// messages whose schema can be the same, or both have a synchronised group of one name: which tables there will be is known only once
/// recordings come, so what could happen counts.
/// </summary>
internal static class TopologyConflicts
{
    /// <exception cref="MeshException"><c>MESH2301</c> to <c>MESH2304</c> and <c>MESH2309</c>: the first reason, with the others in its message.</exception>
    public static void Refuse(IReadOnlyList<TopologyPlan> plans)
    {
        var all = new List<MeshException>();
        for (int i = 0; i < plans.Count; i++) all.AddRange(Find(plans[i], plans.Take(i)));
        if (all.Count > 0) throw new MeshException(all[0].Code, string.Join('\n', all.Select(conflict => conflict.Message)));
    }

    /// <summary>What keeps a topology from standing beside the others.</summary>
    public static IEnumerable<MeshException> Find(TopologyPlan plan, IEnumerable<TopologyPlan> others)
    {
        foreach (var other in others)
        {
            string both = $"{plan.FullName} and {other.FullName}";
            if (plan.Topology.Tables == other.Topology.Tables)
            {
                if (SharedSchema(plan, other) is { } schema)
                {
                    yield return new MeshException("MESH2301", $"{both} would write the same table, of messages of {schema}: give one of them a namespace of its own (partition: {{ namespace: {Suggest(plan)} }}), let decode.channels select different schemas, or retire {other.FullName}.");
                }

                if (plan.Ingest.Synchronise.Select(group => group.Name).Intersect(other.Ingest.Synchronise.Select(group => group.Name)).FirstOrDefault() is { } shared)
                {
                    yield return new MeshException("MESH2301", $"{both} would write the same table, {plan.Topology.Tables.OfSynchronised(shared)}: give one of them a namespace of its own (partition: {{ namespace: {Suggest(plan)} }}), rename the group '{shared}', or retire {other.FullName}.");
                }
            }

            if (plan.Topology.Group == other.Topology.Group && plan.Topology.SourceTopic == other.Topology.SourceTopic)
            {
                yield return new MeshException("MESH2302", $"{both} would share the consumer group {plan.Topology.Group}, so that each saw only a part of the uploads: leave source.group out of one of them.");
            }

            var published = ProductsSection.Read(plan.Topology).Select(product => product.Topic?.Name).OfType<string>();
            foreach (string topic in published.Intersect(ProductsSection.Read(other.Topology).Select(product => product.Topic?.Name).OfType<string>()))
            {
                yield return new MeshException("MESH2309", $"{both} would both put rows on the topic {topic}, under the same keys: give one of them another topic, for example {topic}.v{plan.Topology.Version}.");
            }

            if (plan.Topology.Name == other.Topology.Name) continue;
            var products = ProductsSection.Read(plan.Topology).Select(product => product.Name);
            foreach (string product in products.Intersect(ProductsSection.Read(other.Topology).Select(product => product.Name)))
            {
                yield return new MeshException("MESH2303", $"{both} both declare the product {product}: give one of them another name.");
            }

            foreach (string rule in plan.Triggers.Select(rule => rule.Name).Intersect(other.Triggers.Select(rule => rule.Name)))
            {
                yield return new MeshException("MESH2304", $"{both} both have a trigger '{rule}', which could not be told apart: give one of them another name.");
            }
        }
    }

    private static string? SharedSchema(TopologyPlan one, TopologyPlan other)
    {
        foreach (string? mine in Schemas(one))
        {
            foreach (string? theirs in Schemas(other))
            {
                if (GlobOverlap.Exists(mine, theirs)) return mine is null && theirs is null ? "any schema" : mine is null ? theirs : theirs is null ? mine : mine == theirs ? mine : $"{mine} and {theirs}";
            }
        }

        return null;
    }

    // No rule selects everything, and a rule without a schema leaves it open.
    private static IEnumerable<string?> Schemas(TopologyPlan plan) =>
        plan.Ingest.Decode.Channels.Count == 0 ? [null] : plan.Ingest.Decode.Channels.Select(rule => rule.Schema).Distinct();

    private static string Suggest(TopologyPlan plan) => plan.Topology.Name.Replace('-', '_');
}
