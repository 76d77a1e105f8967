using Mesh.Commands.Queries;

namespace Mesh.Commands.Flow;

/// <summary>The running system as a graph.</summary>
/// <param name="Nodes">Its parts, from where data comes to where it goes.</param>
/// <param name="Edges">How data gets from one to the other.</param>
/// <param name="Stages">Every part of the server, also those that no data flows through.</param>
/// <param name="MeasuredAt">When rates and lags were measured; null when they were not yet.</param>
/// <param name="Window">Time over which rates are.</param>
public sealed record FlowView(
    IReadOnlyList<FlowNode> Nodes, IReadOnlyList<FlowEdge> Edges, IReadOnlyList<StageView> Stages, DateTimeOffset? MeasuredAt, TimeSpan Window);
