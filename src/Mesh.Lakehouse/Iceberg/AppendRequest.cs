using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Files to add to a table in one snapshot, with everything that must happen in the same transaction.</summary>
public sealed record AppendRequest
{
    /// <summary>The file sets; those already in the ledger are dropped.</summary>
    public IReadOnlyList<IngestSet> Sets { get; init; } = [];

    /// <summary>Files of no upload, added without the ledger: rows read from topics, which <see cref="ExpectedSourceOffsets"/> keeps from being added twice.</summary>
    public IReadOnlyList<DataFile> Files { get; init; } = [];

    /// <summary>Next offsets by <c>topic-partition</c>, merged into the table property <c>mesh.source-offsets</c>; never lowered.</summary>
    public IReadOnlyDictionary<string, long> SourceOffsets { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Offsets the table must still have, as the writer has read them; 0 also stands for none. Another value means that somebody else has added these
    /// rows meanwhile: nothing is committed (<c>MESH8160</c>). Holds for the very metadata that the commit replaces.
    /// </summary>
    public IReadOnlyDictionary<string, long> ExpectedSourceOffsets { get; init; } = new Dictionary<string, long>();

    /// <summary>Called inside the transaction, after ledger and pointer, with the new snapshot and the sets that were accepted: adds events to the outbox. May be called again.</summary>
    public Func<MetadataTransaction, Table, IReadOnlyList<IngestSet>, Task>? OnCommitting { get; init; }
}
