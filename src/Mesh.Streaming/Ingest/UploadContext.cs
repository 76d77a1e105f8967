using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Streaming.Ingest;

/// <summary>One attempt at one upload, as the fused stages see it.</summary>
/// <param name="IngestId">The upload.</param>
/// <param name="VehicleId">Pseudonym of the vehicle.</param>
/// <param name="RecordingUri">The landing object.</param>
/// <param name="AttemptId">Unique per attempt; part of every file name.</param>
/// <param name="Topology">Name of the topology.</param>
/// <param name="TopologyVersion">Its version.</param>
/// <param name="Source">Position of the upload event.</param>
public sealed record UploadContext(
    IngestId IngestId, string VehicleId, string RecordingUri, string AttemptId, string Topology, string TopologyVersion, EventPosition Source)
{
    /// <summary>The producer's name for the recording; messages to people use it instead of the landing object's.</summary>
    public string FileName { get; init; } = "recording";

    /// <summary>How the topology names its tables (default: those of version 1 in <c>raw</c>).</summary>
    public TableNames Tables { get; init; } = TableNames.Default;

    /// <summary>Number of the attempt in this process, from 1.</summary>
    public int Attempt { get; init; } = 1;
}
