namespace Mesh.Training.Jobs;

/// <summary>What asked for a job.</summary>
/// <param name="TriggerId">Identity of the firing.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Topology">Its topology.</param>
/// <param name="TopologyVersion">Version of the topology.</param>
/// <param name="Reason">Why it fired, for people.</param>
/// <param name="RequestedAt">When.</param>
public sealed record JobTrigger(string TriggerId, string Rule, string Topology, string TopologyVersion, string Reason, DateTimeOffset RequestedAt);
