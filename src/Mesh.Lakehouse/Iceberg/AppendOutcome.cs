using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>What a commit did.</summary>
/// <param name="Table">The table afterwards.</param>
/// <param name="Snapshot">The new snapshot; null when every set had been committed before.</param>
/// <param name="Accepted">Uploads whose rows this commit added.</param>
/// <param name="Duplicates">Uploads whose rows were there already; their new files are orphans.</param>
public sealed record AppendOutcome(Table Table, Snapshot? Snapshot, IReadOnlyList<IngestId> Accepted, IReadOnlyList<IngestId> Duplicates);
