using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>One recording passed through one version of one topology: what an account is kept for.</summary>
/// <param name="IngestId">The recording.</param>
/// <param name="Topology">Name of the topology.</param>
/// <param name="TopologyVersion">Its version, <c>1</c>, <c>2</c> and so on.</param>
public sealed record RecordingRun(IngestId IngestId, string Topology, string TopologyVersion)
{
    /// <inheritdoc/>
    public override string ToString() => $"{IngestId} in {Topology}@{TopologyVersion}";
}
