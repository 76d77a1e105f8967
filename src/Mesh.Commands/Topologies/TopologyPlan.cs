using Mesh.Commands.Ingest;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Commands.Jobs;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Pools;
using Mesh.Trigger;

namespace Mesh.Commands.Topologies;

/// <summary>A topology whose every section has been read by its stage.</summary>
/// <param name="Topology">The file.</param>
/// <param name="Ingest">Decode, synchronise, partition and limits.</param>
/// <param name="Triggers">Rules.</param>
public sealed record TopologyPlan(Topology Topology, IngestOptions Ingest, IReadOnlyList<TriggerRule> Triggers)
{
    /// <summary>What is asked of the telemetry worker; null for a topology of uploads.</summary>
    public TelemetryOptions? Telemetry { get; init; }

    /// <summary><c>NAME@VERSION</c>.</summary>
    public string FullName => $"{Topology.Name}@{Topology.Version}";

    /// <summary>Reads every section; what is wrong is in the topology's errors afterwards.</summary>
    /// <param name="topology">The file.</param>
    /// <param name="pools">Pools that jobs must be able to run on; null when these are not known or the topology is in force already.</param>
    public static TopologyPlan Read(Topology topology, PoolSet? pools = null)
    {
        var products = ProductNames.Of(topology);
        var triggers = topology.Section("triggers") is { } section ? TriggerRule.Read(section, topology.Name, topology.Version, topology.Owner, pools is null ? null : job => PoolSettings.WhyRefused(pools, job, topology.Owner)) : [];
        foreach (var rule in triggers)
        {
            foreach (string product in rule.Products.Where(product => products.TableOf(product) is null))
            {
                topology.Section("triggers")!.Report($"Rule '{rule.Name}' waits for '{product}', which is neither a product of this topology nor a table (NAMESPACE.NAME).");
            }
        }

        var ingest = IngestOptions.Read(topology);
        var telemetry = TelemetryOptions.IsTelemetry(topology) ? TelemetryOptions.Read(topology, ingest.Synchronise) : null;
        return new TopologyPlan(topology, ingest, triggers) { Telemetry = telemetry };
    }

    /// <summary>Reads every section of a topology that must be right.</summary>
    /// <exception cref="MeshException"><c>MESH11040</c> with every error of the file.</exception>
    public static TopologyPlan Check(Topology topology, PoolSet? pools = null)
    {
        var plan = Read(topology, pools);
        var errors = topology.Errors.All;
        return errors.Count == 0
            ? plan
            : throw new MeshException("MESH11040", $"The topology has {errors.Count} {(errors.Count == 1 ? "error" : "errors")}:\n{string.Join('\n', errors)}");
    }

    /// <summary>Reads a file, or the built-in topology.</summary>
    /// <exception cref="MeshException"><c>MESH11040</c> with every error of the file.</exception>
    public static TopologyPlan Load(string? path, PoolSet? pools = null) => Check(RunningTopology.Load(path), pools);
}
