using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Updates;

internal sealed partial class TableMetadataBuilder
{
    /// <summary>How far a writer's clock may be behind the table's last change, in milliseconds; as Iceberg's own library has it.</summary>
    private const long ClockToleranceMs = 60_000;

    private void Add(Snapshot snapshot)
    {
        if (metadata.FindSnapshot(snapshot.SnapshotId) is not null) throw Refused($"it has a snapshot {snapshot.SnapshotId} already");
        if (snapshot.SnapshotId < 0) throw Refused($"snapshot id {snapshot.SnapshotId} is negative");
        if (snapshot.ParentSnapshotId is { } parent && metadata.FindSnapshot(parent) is null) throw Refused($"the parent {parent} of snapshot {snapshot.SnapshotId} is not there");
        if (snapshot.Summary.GetValueOrDefault("operation") is not ("append" or "replace" or "overwrite" or "delete"))
        {
            throw Refused($"the summary of snapshot {snapshot.SnapshotId} has no operation: append, replace, overwrite or delete");
        }

        int schemaId = snapshot.SchemaId == TableUpdateJson.UnknownSchemaId ? metadata.CurrentSchemaId : snapshot.SchemaId;
        if (metadata.Schemas.All(schema => schema.SchemaId != schemaId)) throw Refused($"schema {schemaId} of snapshot {snapshot.SnapshotId} is not there");
        long newest = metadata.Snapshots.Count == 0 ? 0 : metadata.Snapshots[^1].CommittedAt.ToUnixTimeMilliseconds();
        if (snapshot.CommittedAt.ToUnixTimeMilliseconds() < newest - ClockToleranceMs) throw Refused($"snapshot {snapshot.SnapshotId} is older than the one before it; set the writer's clock");

        // Somebody else's commit may have taken the number since the writer loaded the table: loading again is all that is needed.
        if (snapshot.SequenceNumber <= metadata.LastSequenceNumber)
        {
            throw new MeshException("MESH8130",
                $"Table {table} has sequence number {metadata.LastSequenceNumber}, and snapshot {snapshot.SnapshotId} was made for {snapshot.SequenceNumber}. Load the table again and repeat.");
        }

        if (metadata.FormatVersion >= 3) RequireRowIds(snapshot);
        snapshot = snapshot with { SchemaId = schemaId };
        added.Add(snapshot);
        metadata = metadata with
        {
            Snapshots = [.. metadata.Snapshots, snapshot],
            LastSequenceNumber = snapshot.SequenceNumber,
            NextRowId = metadata.FormatVersion >= 3 ? metadata.NextRowId + snapshot.AssignedRowIds!.Value : metadata.NextRowId,
        };
    }

    /// <summary>Specification, "Row Lineage": a snapshot begins where the one before it ended, or a row id would be given twice.</summary>
    private void RequireRowIds(Snapshot snapshot)
    {
        if (snapshot.FirstRowId is null || snapshot.AssignedRowIds is not >= 0) throw Refused($"snapshot {snapshot.SnapshotId} lacks first-row-id or added-rows, which format version 3 needs");
        if (snapshot.FirstRowId < metadata.NextRowId)
        {
            throw new MeshException("MESH8130",
                $"Table {table} gives row ids from {metadata.NextRowId}, and snapshot {snapshot.SnapshotId} was made for {snapshot.FirstRowId}. Load the table again and repeat.");
        }
    }

    private void Set(string name, SnapshotRef reference)
    {
        if (name.Length == 0) throw Refused("a reference needs a name");
        RequireSnapshot(reference.SnapshotId);
        if (reference.Type == SnapshotRefType.Tag && (name == SnapshotRef.Main || reference.MaxSnapshotAgeMs is not null || reference.MinSnapshotsToKeep is not null))
        {
            throw Refused(name == SnapshotRef.Main ? "main is a branch" : $"the tag '{name}' keeps one snapshot and has no retention of several");
        }

        if (reference.MaxRefAgeMs is <= 0 || reference.MaxSnapshotAgeMs is <= 0 || reference.MinSnapshotsToKeep is <= 0) throw Refused($"the retention of '{name}' is not positive");
        bool moved = name == SnapshotRef.Main && metadata.CurrentSnapshotId != reference.SnapshotId;
        metadata = metadata with { Refs = TableMetadata.WithRef(metadata.Refs, name, reference) };
        if (!moved) return;

        // What a commit passes through was never current (specification, "snapshot-log").
        var log = metadata.SnapshotLog.Where(entry => added.All(snapshot => snapshot.SnapshotId != entry.SnapshotId));
        metadata = metadata with { SnapshotLog = [.. log, new SnapshotLogEntry(metadata.LastUpdatedMs, reference.SnapshotId)] };
    }

    private void RemoveSnapshots(IReadOnlyList<long> ids)
    {
        var gone = ids.ToHashSet();
        foreach (var (name, reference) in metadata.Refs)
        {
            if (gone.Contains(reference.SnapshotId)) throw Refused($"'{name}' points to snapshot {reference.SnapshotId}; remove the reference first");
        }

        // A log with holes would tell time travel something wrong: what lies before a hole goes too.
        int hole = metadata.SnapshotLog.Count - 1;
        while (hole >= 0 && !gone.Contains(metadata.SnapshotLog[hole].SnapshotId)) hole--;
        added.RemoveAll(snapshot => gone.Contains(snapshot.SnapshotId));
        metadata = metadata with
        {
            Snapshots = [.. metadata.Snapshots.Where(snapshot => !gone.Contains(snapshot.SnapshotId))],
            SnapshotLog = [.. metadata.SnapshotLog.Skip(hole + 1)],
            Statistics = [.. metadata.Statistics.Where(file => !gone.Contains(file.SnapshotId))],
            PartitionStatistics = [.. metadata.PartitionStatistics.Where(file => !gone.Contains(file.SnapshotId))],
        };
    }

    private void RequireSnapshot(long id)
    {
        if (metadata.FindSnapshot(id) is null) throw Refused($"it has no snapshot {id}");
    }
}
