using Mesh.Commands.Ingest;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Trigger;

namespace Mesh.Commands.Topologies;

/// <summary>A topology whose every section has been read by its stage.</summary>
/// <param name="Topology">The file.</param>
/// <param name="Ingest">Decode, synchronise, partition and limits.</param>
/// <param name="Triggers">Rules.</param>
/// <param name="Products">Names that products give to tables.</param>
public sealed record TopologyPlan(Topology Topology, IngestOptions Ingest, IReadOnlyList<TriggerRule> Triggers, ProductNames Products)
{
    /// <summary>Reads every section; what is wrong is in the topology's errors afterwards.</summary>
    public static TopologyPlan Read(Topology topology)
    {
        var products = ProductNames.Of(topology);
        var triggers = topology.Section("triggers") is { } section ? TriggerRule.Read(section, topology.Name, topology.Version) : [];
        foreach (var rule in triggers)
        {
            foreach (string product in rule.Products.Where(product => products.TableOf(product) is null))
            {
                topology.Section("triggers")!.Report($"Rule '{rule.Name}' waits for '{product}', which is neither a product of this topology nor a table (NAMESPACE.NAME).");
            }
        }

        return new TopologyPlan(topology, IngestOptions.Read(topology), triggers, products);
    }

    /// <summary>Reads a file, or the built-in topology.</summary>
    /// <exception cref="MeshException"><c>MESH11040</c> with every error of the file.</exception>
    public static TopologyPlan Load(string? path)
    {
        var plan = Read(RunningTopology.Load(path));
        var errors = plan.Topology.Errors.All;
        return errors.Count == 0
            ? plan
            : throw new MeshException("MESH11040", $"The topology has {errors.Count} errors:\n{string.Join('\n', errors)}");
    }
}
