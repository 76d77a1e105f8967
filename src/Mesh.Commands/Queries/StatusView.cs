using Mesh.Commands.Observability;

namespace Mesh.Commands.Queries;

/// <summary>What runs, and what is under way.</summary>
/// <param name="Version">Version of the server or program.</param>
/// <param name="Running">Whether a server answered.</param>
/// <param name="DataDir">State directory.</param>
/// <param name="StartedAt">When the server started.</param>
/// <param name="Http">Address of HTTP.</param>
/// <param name="Kafka">Address of the event log.</param>
/// <param name="SchemaRegistry">Address of the schema registry.</param>
/// <param name="Topology">Name and version of the topology.</param>
/// <param name="Stages">The stages and whether each is running.</param>
/// <param name="Recordings">Number of recordings by state.</param>
/// <param name="Topics">Topics with their number of records.</param>
/// <param name="FreeDiskBytes">Free space of the state directory's disk.</param>
public sealed record StatusView(
    string Version, bool Running, string DataDir, DateTimeOffset? StartedAt, string? Http, string? Kafka, string? SchemaRegistry, string? Topology,
    IReadOnlyList<StageView> Stages, IReadOnlyDictionary<string, long> Recordings, IReadOnlyDictionary<string, long> Topics, long FreeDiskBytes)
{
    /// <summary>How the server is and what to do; null of a stopped one.</summary>
    public HealthReport? Health { get; init; }
}
