namespace Mesh.Training.Governance.Lineage;

/// <summary>The job that made a model, and what asked for it.</summary>
/// <param name="JobId">Identity.</param>
/// <param name="TriggerId">Firing that asked for it.</param>
/// <param name="Rule">Rule that fired; empty when the job is not known here.</param>
/// <param name="Topology">Its topology, <c>NAME@VERSION</c>.</param>
/// <param name="Reason">Why it fired.</param>
/// <param name="RequestedAt">When; null when the job is not known here.</param>
/// <param name="Trainer">What ran.</param>
/// <param name="CodeVersion">Version of Mesh that ran it.</param>
/// <param name="Hyperparameters">As used.</param>
public sealed record LineageJob(
    string JobId, string TriggerId, string Rule, string Topology, string Reason, DateTimeOffset? RequestedAt, string Trainer, string CodeVersion,
    IReadOnlyDictionary<string, string> Hyperparameters);
