using System.Globalization;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Catalogue;

/// <summary>The event <c>lake.snapshot-committed.v1</c>, whoever makes the snapshot.</summary>
public static class SnapshotAnnouncement
{
    /// <summary>
    /// Adds the event of a snapshot of which only its summary is known, as other engines commit them: it belongs to no upload and has no time
    /// range.
    /// </summary>
    public static Task AddAsync(MetadataTransaction transaction, Table table, Snapshot snapshot)
    {
        var committed = Describe(table, snapshot);

        // Rules count new rows: what erasure writes again is none.
        committed.AddedRows = snapshot.BringsRows ? snapshot.AddedRows : 0;
        committed.AddedFiles = (int)Math.Clamp(Number(snapshot, "added-data-files"), 0, int.MaxValue);
        committed.AddedBytes = Number(snapshot, "added-files-size");
        return AddAsync(transaction, committed);
    }

    /// <summary>Adds the event of a snapshot that adds messages of one run, as a replay of dead letters commits them.</summary>
    public static Task AddAsync(MetadataTransaction transaction, Table table, Snapshot snapshot, RecordingRun run)
    {
        var committed = Describe(table, snapshot);
        committed.AddedRows = snapshot.AddedRows;
        committed.AddedFiles = (int)Math.Clamp(Number(snapshot, "added-data-files"), 0, int.MaxValue);
        committed.AddedBytes = Number(snapshot, "added-files-size");
        committed.IngestIds.Add(run.IngestId.ToString());
        committed.Topologies.Add(run.Topology);
        return AddAsync(transaction, committed);
    }

    /// <summary>Adds an event.</summary>
    internal static Task AddAsync(MetadataTransaction transaction, SnapshotCommitted committed) =>
        Outbox.AddAsync(transaction, Topics.SnapshotCommitted, committed.Table, SnapshotCommitted.Descriptor.FullName, committed.ToByteArray());

    /// <summary>What every snapshot's event says.</summary>
    internal static SnapshotCommitted Describe(Table table, Snapshot snapshot) => new()
    {
        Table = table.Identifier.ToString(),
        TableUuid = table.Uuid.ToString(),
        SnapshotId = snapshot.SnapshotId,
        ParentSnapshotId = snapshot.ParentSnapshotId ?? 0,
        SequenceNumber = snapshot.SequenceNumber,
        CommittedAtUs = UnixMicros.Of(snapshot.CommittedAt),
        TotalRows = snapshot.TotalRows,
        MetadataUri = table.MetadataUri,
        Operation = snapshot.Summary.GetValueOrDefault("operation") ?? "append",
    };

    private static long Number(Snapshot snapshot, string key) =>
        snapshot.Summary.TryGetValue(key, out string? text) && long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
