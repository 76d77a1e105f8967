using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>The complete files of one upload for one table: committed as a whole, once per (table, ingest id, topology version).</summary>
/// <param name="IngestId">The upload.</param>
/// <param name="Topology">Name of the topology that produced the files.</param>
/// <param name="TopologyVersion">Its version; part of the ledger's key.</param>
/// <param name="AttemptId">The attempt; files of other attempts are orphans.</param>
/// <param name="Files">All files; may be empty.</param>
public sealed record IngestSet(IngestId IngestId, string Topology, string TopologyVersion, string AttemptId, IReadOnlyList<DataFile> Files);
