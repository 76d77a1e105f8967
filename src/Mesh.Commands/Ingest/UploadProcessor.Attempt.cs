using System.Diagnostics;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Mesh.Columnar;
using Mesh.Decode;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming.Graph;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise;
using Mesh.Synchronise.Clocks;

namespace Mesh.Commands.Ingest;

/// <summary>One attempt: the graph, its account, its events.</summary>
public sealed partial class UploadProcessor
{
    private async Task<IReadOnlyList<FilesWritten>> RunAttemptAsync(UploadContext upload, Action<string> failedIn, CancellationToken cancellationToken)
    {
        using var activity = MeshTracing.Source.StartActivity("ingest attempt");
        activity?.SetTag("mesh.topology", upload.Topology).SetTag("mesh.attempt", upload.Attempt);
        long started = Stopwatch.GetTimestamp();
        try
        {
            return await RunGraphAsync(upload, failedIn, activity?.Context ?? Activity.Current?.Context ?? default, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
        finally
        {
            metrics.Attempted(started);
        }
    }

    private async Task<IReadOnlyList<FilesWritten>> RunGraphAsync(
        UploadContext upload, Action<string> failedIn, ActivityContext attempt, CancellationToken cancellationToken)
    {
        var account = new DecodeAccount();
        var tables = new Dictionary<(string Channel, string Schema, Schema Columns), TableIdentifier>();
        using var lease = new ByteLease(budget);
        await using var synchronisers = new SynchroniserSet(options.SynchroniseWithinLimits, upload);
        await using var partitioner = new TablePartitioner(upload, options.PartitionWithinLimits, options.Decode.OnSchemaChange, catalogue, lake)
        {
            PolicyOf = (schema, channel) => options.Decode.PolicyOf(schema, channel, upload.VehicleId),
        };

        var clocks = await EstimateClocksAsync(upload, cancellationToken).ConfigureAwait(false);
        long clockRows = 0;
        if (clocks is { Models.Count: > 0 })
        {
            var rows = ClockModelRows.Of(clocks.Models, upload.IngestId.ToString(), upload.VehicleId, upload.Topology, upload.TopologyVersion);
            await partitioner.WriteAsync(TableNames.ClockModels, rows, cancellationToken).ConfigureAwait(false);
            clockRows = rows.Length;
        }

        using var partitioning = metrics.Begin("partition", attempt);
        var graph = Source<ChannelBatch>.From(token => DecodeAsync(upload, account, clocks, lease, attempt, token))
            .Via(Flow<ChannelBatch, TableRows>.From((batches, token) => SynchroniseAsync(batches, synchronisers, lease, attempt, token)))
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

                bool isLarge = large.IsLarge(rows.Rows.EstimatedBytes);
                if (isLarge) rows.Rows.Release();
                lease.Release(rows.Rows);
                Heartbeat.Beat();
            }));
        await graph.RunAsync(cancellationToken).ConfigureAwait(false);

        failedIn("partition");
        var files = await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false);
        var report = Report(account, synchronisers, clockRows, tables, files);
        partitioning.Tag("mesh.rows", report.RowsOut + report.FramesOut);
        return await EventsAsync(upload, report, files, cancellationToken).ConfigureAwait(false);
    }

    // Pass 1, only where the topology asks for clocks: reads the recording once more, for its timestamps alone.
    private async Task<RecordingClocks?> EstimateClocksAsync(UploadContext upload, CancellationToken cancellationToken)
    {
        if (options.Clocks is not { } plan) return null;
        var clocks = new RecordingClocks(plan, options.ClockBytes);
        var decoder = NewDecoder();
        await decoder.ScanStampsAsync(upload, clocks, cancellationToken).ConfigureAwait(false);
        clocks.Estimate();
        return clocks;
    }

    private async IAsyncEnumerable<ChannelBatch> DecodeAsync(
        UploadContext upload, DecodeAccount account, RecordingClocks? clocks, ByteLease lease, ActivityContext attempt,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var span = metrics.Begin("decode", attempt);
        var decoder = NewDecoder();
        await foreach (var batch in decoder.DecodeAsync(upload, account, clocks, cancellationToken).ConfigureAwait(false))
        {
            long bytes = batch.Bytes;
            await lease.TakeAsync(batch.Batch, bytes, cancellationToken).ConfigureAwait(false);
            yield return batch;

            // The next block is read only when this one is in its file: of what is large, one at a time is enough to have in memory.
            if (!large.IsLarge(bytes)) continue;
            await lease.ReleasedAsync(batch.Batch, cancellationToken).ConfigureAwait(false);
            large.Discarded(bytes);
        }

        span.Tag("mesh.messages", account.MessagesIn);
    }

    private RecordingDecoder NewDecoder()
    {
        var decode = options.DecodeWithinLimits;
        return new RecordingDecoder(decode with { Reader = decode.Reader with { AdmitLargeBlock = large.EnterAsync } }, landing, writeLetter, time, logger);
    }

    // Batches pass through with the bytes they hold. Frames take theirs only after the last batch has passed: this stage then holds
    // nothing that another one waits for.
    private async IAsyncEnumerable<TableRows> SynchroniseAsync(
        IAsyncEnumerable<ChannelBatch> batches, SynchroniserSet synchronisers, ByteLease lease, ActivityContext attempt,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var span = metrics.Begin("synchronise", attempt);
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

        span.Tag("mesh.frames", synchronisers.Frames);
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
        DecodeAccount account, SynchroniserSet synchronisers, long clockRows, Dictionary<(string Channel, string Schema, Schema Columns), TableIdentifier> tables,
        IReadOnlyList<TableFiles> files)
    {
        long frames = synchronisers.Frames;
        long unmatched = synchronisers.UnmatchedRows;
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
        if (written != account.RowsOut + frames + unmatched + clockRows || account.MessagesIn != account.RowsOut + account.DeadLetters + account.NotSelected)
        {
            throw new InvalidOperationException(
                $"The account does not add up: {account.MessagesIn} messages in, {account.RowsOut} rows decoded, {frames} frames and {clockRows} clock segments made, {unmatched} samples left out of frames, {written} rows written, {account.DeadLetters} dead letters, {account.NotSelected} not selected.");
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

        report.SynchronisedJson = RecordingInputEntry.Write([.. synchronisers.Groups.SelectMany(group => InputsOf(group.Group, group.Synchroniser))]);
        return report;
    }

    private static IEnumerable<RecordingInputEntry> InputsOf(string group, Synchroniser synchroniser) => synchroniser.Accounts.Select(account => new RecordingInputEntry(
        group, account.Input, account.Channel, synchroniser.Frames, account.Samples, account.UsedSamples, account.Matched, account.Interpolated, account.Ambiguous,
        account.MaxMatchErrorNs, (long)Math.Round(account.MeanMatchErrorNs), account.Missing, account.Unmatched));

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

    private FilesWritten NewEvent(UploadContext upload, RecordingAccount account, string[] tables, string table)
    {
        var written = new FilesWritten
        {
            AttemptId = upload.AttemptId,
            IngestId = upload.IngestId.ToString(),
            Table = table,
            Topology = upload.Topology,
            TopologyVersion = upload.TopologyVersion,
            TopologyDigest = options.Digest,
            Account = account,
            Source = new SourcePosition { Topic = upload.Source.Topic, Partition = upload.Source.Partition, Offset = upload.Source.Offset },
        };
        written.Tables.AddRange(tables);
        return written;
    }

    /// <summary>Rows on their way to a table: the messages of a channel, or frames of a table.</summary>
    private sealed record TableRows(RecordBatch Rows, ChannelBatch? Messages, TableIdentifier? Table);
}
