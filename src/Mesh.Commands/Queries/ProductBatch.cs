using System.Globalization;
using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;

namespace Mesh.Commands.Queries;

/// <summary>Rows of a product as columns, with the snapshot that added them.</summary>
/// <param name="SnapshotId">Snapshot; the batch's metadata say it too, under <see cref="SnapshotKey"/>.</param>
/// <param name="Batch">The rows.</param>
public sealed record ProductBatch(long SnapshotId, RecordBatch Batch)
{
    /// <summary>Key of the snapshot id in the metadata of a batch (Arrow IPC: custom metadata of its message).</summary>
    public const string SnapshotKey = "mesh.snapshot-id";

    /// <summary>How batches go to subscribers: as an Arrow stream, the texts that are the same in most rows dictionary-encoded.</summary>
    public static ArrowWriterOptions StreamOptions { get; } = new() { Stream = true, DictionaryColumns = ["recording_id", "vehicle_id", "channel"] };

    /// <summary>Notes the snapshot in the batch's metadata.</summary>
    public static ProductBatch Of(long snapshotId, RecordBatch batch) => new(snapshotId, new RecordBatch(batch.Schema, batch.Length, batch.Columns)
    {
        Metadata = new Dictionary<string, string> { [SnapshotKey] = snapshotId.ToString(CultureInfo.InvariantCulture) },
    });
}
