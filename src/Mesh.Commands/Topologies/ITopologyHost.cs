namespace Mesh.Commands.Topologies;

/// <summary>Runs the ingest pipelines of topologies.</summary>
public interface ITopologyHost
{
    /// <summary>Makes sure of the topic and, where the group has read nothing yet, of where it begins.</summary>
    /// <param name="plan">The topology.</param>
    /// <param name="fromEarliest">Whether it begins with what the log still holds, else with what comes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task PrepareAsync(TopologyPlan plan, bool fromEarliest, CancellationToken cancellationToken);

    /// <summary>Starts a pipeline.</summary>
    void Start(TopologyPlan plan);

    /// <summary>Stops a pipeline. What it has not finished is done again by the next one of its group, and doing it twice is harmless.</summary>
    Task StopAsync(TopologyPlan plan);

    /// <summary>Told what is in force from now on.</summary>
    void Announce(IReadOnlyList<TopologyPlan> plans);
}
