using System.Runtime.CompilerServices;
using Google.Protobuf;
using Mesh.Columnar;
using Mesh.Decode;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming.Graph;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Ingest;

/// <summary>One attempt: the graph, its account, its events.</summary>
public sealed partial class UploadProcessor
{
    private async Task<IReadOnlyList<FilesWritten>> RunAttemptAsync(UploadContext upload, Action<string> failedIn, CancellationToken cancellationToken)
    {
        var account = new DecodeAccount();
        var tables = new Dictionary<(string Channel, string Schema, Schema Columns), TableIdentifier>();
        using var lease = new ByteLease(budget);
        await using var synchronisers = new SynchroniserSet(options.SynchroniseWithinLimits, upload);
        await using var partitioner = new TablePartitioner(upload, options.PartitionWithinLimits, options.Decode.OnSchemaChange, catalogue, lake);

        var graph = Source<ChannelBatch>.From(token => DecodeAsync(upload, account, lease, token))
            .Via(Flow<ChannelBatch, TableRows>.From((batches, token) => SynchroniseAsync(batches, synchronisers, lease, token)))
            .To(Sink<TableRows>.ForEach(async (rows, token) =>
            {
                try
                {
                    await PartitionAsync(rows, partitioner, tables, token).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    failedIn("partition");
                    throw;
                }

                lease.Release(rows.Rows);
            }));
        await graph.RunAsync(cancellationToken).ConfigureAwait(false);

        failedIn("partition");
        var files = await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false);
        var report = Report(account, synchronisers.Frames, tables, files);
        return await EventsAsync(upload, report, files, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<ChannelBatch> DecodeAsync(
        UploadContext upload, DecodeAccount account, ByteLease lease, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var decoder = new RecordingDecoder(options.DecodeWithinLimits, landing, writeLetter, time, logger);
        await foreach (var batch in decoder.DecodeAsync(upload, account, cancellationToken).ConfigureAwait(false))
        {
            await lease.TakeAsync(batch.Batch, batch.Bytes, cancellationToken).ConfigureAwait(false);
            yield return batch;
        }
    }

    // Batches pass through with the bytes they hold. Frames take theirs only after the last batch has passed: this stage then holds
    // nothing that another one waits for.
    private static async IAsyncEnumerable<TableRows> SynchroniseAsync(
        IAsyncEnumerable<ChannelBatch> batches, SynchroniserSet synchronisers, ByteLease lease, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await synchronisers.AddAsync(batch, cancellationToken).ConfigureAwait(false);
            yield return new TableRows(batch.Batch, batch, null);
        }

        await foreach (var (table, frames) in synchronisers.CompleteAsync(cancellationToken).ConfigureAwait(false))
        {
            await lease.TakeAsync(frames, frames.EstimatedBytes, cancellationToken).ConfigureAwait(false);
            yield return new TableRows(frames, null, table);
        }
    }

    private static async ValueTask PartitionAsync(
        TableRows rows, TablePartitioner partitioner, Dictionary<(string Channel, string Schema, Schema Columns), TableIdentifier> tables,
        CancellationToken cancellationToken)
    {
        if (rows.Messages is { } batch)
        {
            tables[(batch.Channel, batch.SchemaName, batch.Batch.Schema)] = await partitioner.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await partitioner.WriteAsync(rows.Table!, rows.Rows, cancellationToken).ConfigureAwait(false);
        }
    }

    private static RecordingAccount Report(
        DecodeAccount account, long frames, Dictionary<(string Channel, string Schema, Schema Columns), TableIdentifier> tables, IReadOnlyList<TableFiles> files)
    {
        var report = new RecordingAccount
        {
            MessagesIn = account.MessagesIn,
            RowsOut = account.RowsOut,
            FramesOut = frames,
            DeadLetters = account.DeadLetters,
            NotSelected = account.NotSelected,
            MinLogTimeNs = account.MinLogTimeNs,
            MaxLogTimeNs = account.MaxLogTimeNs,
        };

        // Conservation is checked before anything is announced: a set that does not add up is never committed.
        long written = files.Sum(table => table.RowCount);
        if (written != account.RowsOut + frames || account.MessagesIn != account.RowsOut + account.DeadLetters + account.NotSelected)
        {
            throw new InvalidOperationException(
                $"The account does not add up: {account.MessagesIn} messages in, {account.RowsOut} rows decoded, {frames} frames made, {written} rows written, {account.DeadLetters} dead letters, {account.NotSelected} not selected.");
        }

        foreach (var channel in account.Channels)
        {
            var table = channel.Columns is null ? null : tables.GetValueOrDefault((channel.Channel, channel.SchemaName, channel.Columns));
            report.Channels.Add(new ChannelAccount
            {
                Channel = channel.Channel,
                Schema = channel.SchemaName,
                Table = table?.ToString() ?? "",
                MessagesIn = channel.MessagesIn,
                RowsOut = channel.RowsOut,
                DeadLetters = channel.DeadLetters,
                TimeBase = channel.TimeBase,
            });
        }

        foreach (var loss in account.Losses)
        {
            report.Losses.Add(new LossFact { Code = loss.Code, Offset = loss.Offset, Bytes = loss.Bytes, Expected = loss.Expected, Found = loss.Found });
        }

        return report;
    }

    private async Task<IReadOnlyList<FilesWritten>> EventsAsync(
        UploadContext upload, RecordingAccount account, IReadOnlyList<TableFiles> files, CancellationToken cancellationToken)
    {
        var tables = files.Select(table => table.Identifier.ToString()).ToArray();
        if (files.Count == 0) return [NewEvent(upload, account, tables, "")];

        var events = new List<FilesWritten>();
        for (int i = 0; i < files.Count; i++)
        {
            var table = files[i];
            var written = NewEvent(upload, account, tables, tables[i]);
            written.SchemaId = table.Table.SchemaId;
            written.Files.AddRange(table.Files.Select(file => FileSetEvents.ToEvent(file.File, table.Table.PartitionBy, file.MinLogTimeUs, file.MaxLogTimeUs)));
            if (written.Files.Count > options.MaxInlineFiles || written.CalculateSize() > options.MaxInlineBytes)
            {
                await ReferToFilesAsync(written, i, cancellationToken).ConfigureAwait(false);
            }

            events.Add(written);
        }

        return events;
    }

    // Claim check: the log carries only where the set is.
    private async Task ReferToFilesAsync(FilesWritten written, int number, CancellationToken cancellationToken)
    {
        var set = new FilesWritten();
        set.Files.AddRange(written.Files);
        string key = $"{FileSetEvents.Prefix}{written.AttemptId}-{number}.pb";
        await lake.PutAsync(key, set.ToByteArray(), PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        written.Files.Clear();
        written.FilesUri = lake.UriOf(key);
    }

    private static FilesWritten NewEvent(UploadContext upload, RecordingAccount account, string[] tables, string table)
    {
        var written = new FilesWritten
        {
            AttemptId = upload.AttemptId,
            IngestId = upload.IngestId.ToString(),
            Table = table,
            Topology = upload.Topology,
            TopologyVersion = upload.TopologyVersion,
            Account = account,
            Source = new SourcePosition { Topic = upload.Source.Topic, Partition = upload.Source.Partition, Offset = upload.Source.Offset },
        };
        written.Tables.AddRange(tables);
        return written;
    }

    /// <summary>Rows on their way to a table: the messages of a channel, or frames of a table.</summary>
    private sealed record TableRows(RecordBatch Rows, ChannelBatch? Messages, TableIdentifier? Table);
}
