using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Rows;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Publishing;

/// <summary>
/// Puts the rows of products that say <c>publish</c> on topics, once their snapshot is committed: a record per row, as JSON, keyed by the row's
/// identity <c>RECORDING/CHANNEL/SEQUENCE</c>, or as a message of telemetry (<see cref="TelemetryRows"/>). After a crash a snapshot's rows come again
/// under the same keys and numbers, so that a reader who keeps the last record of a key, a compacted topic, or a topology has each row once.
/// </summary>
/// <param name="kafka">The event log.</param>
/// <param name="tables">Tables.</param>
/// <param name="topicsOf">Topics of a table's rows; asked anew for every snapshot.</param>
/// <param name="logger">Log.</param>
public sealed class ProductPublisher(KafkaOptions kafka, TableCatalogue tables, Func<TableIdentifier, IReadOnlyList<ProductTopic>> topicsOf, ILogger logger)
{
    /// <summary>Consumer group of the stage.</summary>
    public const string Group = "mesh.publish";

    // Enough under way to fill batches, few enough to hold in memory whatever a row is.
    private const int MaxUnderWay = 512;
    private const long MaxBytesUnderWay = 16L << 20;

    private static readonly JsonWriterOptions RowOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs until cancelled; fails when the log or the lake does, and goes on where it stood when it runs again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var producer = new RecordProducer(kafka, logger);
        await using var _ = producer.ConfigureAwait(false);
        var consumer = new EventConsumer<SnapshotCommitted>(kafka, Topics.SnapshotCommitted, Group, logger);
        await using var __ = consumer.ConfigureAwait(false);
        await foreach (var item in consumer.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // An event that cannot be read becomes a dead letter of the trigger stage, which reads the same topic.
            if (item.Value is { } snapshot) await PublishAsync(producer, snapshot, cancellationToken).ConfigureAwait(false);
            await consumer.CommitAsync(item.Position.Partition, item.Position.Offset + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PublishAsync(RecordProducer producer, SnapshotCommitted committed, CancellationToken cancellationToken)
    {
        // Compaction and deletion bring no rows.
        if (committed.Operation is not ("" or "append") || committed.AddedRows == 0) return;
        var identifier = TableIdentifier.Parse(committed.Table);
        var topics = topicsOf(identifier);
        if (topics.Count == 0) return;
        if (await FindAsync(identifier, committed, cancellationToken).ConfigureAwait(false) is not { } added)
        {
            PublishingLog.SnapshotGone(logger, committed.Table, committed.SnapshotId, committed.AddedRows);
            return;
        }

        var forms = topics.Select(topic => (topic.Name, Write: topic.Form == PublishForm.Telemetry ? AsTelemetry(identifier, committed, topic) : AsRows(committed))).ToList();
        var underWay = new List<Task>();
        long bytesUnderWay = 0;
        await foreach (var batch in tables.ScanAsync(identifier, added, cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < batch.Length; row++)
            {
                foreach (var (topic, write) in forms)
                {
                    var record = write(batch, row);
                    underWay.Add(SendAsync(producer, topic, record, cancellationToken));
                    bytesUnderWay += record.Value.Length;
                }

                if (underWay.Count < MaxUnderWay && bytesUnderWay < MaxBytesUnderWay) continue;
                await Task.WhenAll(underWay).ConfigureAwait(false);
                underWay.Clear();
                bytesUnderWay = 0;
            }
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
    }

    private static Func<RecordBatch, int, PublishedRecord> AsRows(SnapshotCommitted committed)
    {
        KeyValuePair<string, byte[]>[] headers =
        [
            new("mesh-table", Encoding.UTF8.GetBytes(committed.Table)),
            new("mesh-snapshot-id", Encoding.UTF8.GetBytes(committed.SnapshotId.ToString(CultureInfo.InvariantCulture))), new("content-type", "application/json"u8.ToArray()),
        ];
        var json = new ArrayBufferWriter<byte>();
        return (batch, row) =>
        {
            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json, RowOptions)) RowJson.Write(writer, batch, row);
            return new PublishedRecord(Encoding.UTF8.GetBytes(KeyOf(batch, row)), json.WrittenSpan.ToArray(), headers);
        };
    }

    private static Func<RecordBatch, int, PublishedRecord> AsTelemetry(TableIdentifier table, SnapshotCommitted committed, ProductTopic topic)
    {
        TelemetryRows? rows = null;
        var json = new ArrayBufferWriter<byte>();
        return (batch, row) =>
        {
            rows ??= new TelemetryRows(table, committed.SnapshotId, topic.Schema, batch.Schema);
            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json, RowOptions)) rows.Write(writer, batch, row);
            return new PublishedRecord(TelemetryRows.KeyOf(batch, row), json.WrittenSpan.ToArray(), rows.HeadersOf(batch, row));
        };
    }

    private async Task SendAsync(RecordProducer producer, string topic, PublishedRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await producer.SendBinaryAsync(topic, record.Key, record.Value, record.Headers, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            // A row that the log does not take, an image say, is in the table all the same; the others do not suffer for it.
            PublishingLog.RowRefused(logger, topic, Encoding.UTF8.GetString(record.Key), exception.Code, exception.Message);
        }
    }

    /// <summary>What a snapshot added; null when the table no longer knows.</summary>
    private async Task<ScanOptions?> FindAsync(TableIdentifier identifier, SnapshotCommitted committed, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false) is not { } table) return null;
        var snapshot = table.Snapshots.FirstOrDefault(candidate => candidate.SnapshotId == committed.SnapshotId);
        if (snapshot is null) return null;
        if (snapshot.ParentSnapshotId is { } parent && !table.Snapshots.Any(candidate => candidate.SnapshotId == parent)) return null;
        return new ScanOptions { AfterSnapshotId = snapshot.ParentSnapshotId, SnapshotId = snapshot.SnapshotId };
    }

    private static string KeyOf(RecordBatch batch, int row) =>
        string.Create(CultureInfo.InvariantCulture, $"{batch["recording_id"].GetString(row)}/{batch["channel"].GetString(row)}/{batch["sequence"].Values<long>()[row]}");

    private sealed record PublishedRecord(byte[] Key, byte[] Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers);
}
