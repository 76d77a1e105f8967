using Mesh.Columnar.Compression;

namespace Mesh.Formats.Mcap;

/// <summary>Writes MCAP files forward: header, chunks with message indexes, data end, summary, footer. Not thread-safe.</summary>
public sealed partial class McapWriter : IAsyncDisposable
{
    // Bytes outside chunks that are put together before they go to the stream.
    private const int PendingBytes = 1 << 20;

    private readonly Stream output;
    private readonly McapWriterOptions options;
    private readonly McapRecordBuffer pending = new();
    private readonly Queue<(McapChunkJob Job, Task Work)> compressing = [];
    private readonly Stack<McapChunkJob> spareJobs = [];
    private McapChunkJob job = new();
    private readonly List<DefinitionEntry> schemas = [];
    private readonly List<ChannelEntry> channels = [];
    private readonly McapRecordBuffer chunkIndexes = new();
    private readonly McapRecordBuffer attachmentIndexes = new();
    private readonly McapRecordBuffer metadataIndexes = new();
    private long flushed;
    private uint crc;
    private ulong startTime = ulong.MaxValue;
    private ulong endTime;
    private ulong messageCount;
    private uint chunkCount;
    private uint attachmentCount;
    private uint metadataCount;
    private bool completed;

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="options">Chunking, compression, checksums.</param>
    public McapWriter(Stream output, McapWriterOptions? options = null)
    {
        this.output = output;
        this.options = options ?? new McapWriterOptions();
        pending.Add(McapRecordLexer.Magic);
        int record = pending.Begin(McapOpcode.Header);
        pending.Add(this.options.Profile);
        pending.Add(this.options.Library);
        pending.End(record);
    }

    /// <summary>Adds a schema; returns its id, from 1. Written before the first message that needs it.</summary>
    /// <exception cref="InvalidOperationException">All 65 535 ids are used.</exception>
    public ushort AddSchema(string name, string encoding, ReadOnlyMemory<byte> data)
    {
        if (schemas.Count == ushort.MaxValue) throw new InvalidOperationException("An MCAP file holds at most 65 535 schemas.");
        ushort id = (ushort)(schemas.Count + 1);
        using var record = new McapRecordBuffer();
        int start = record.Begin(McapOpcode.Schema);
        record.Add(id);
        record.Add(name);
        record.Add(encoding);
        record.Add((uint)data.Length);
        record.Add(data.Span);
        record.End(start);
        schemas.Add(new DefinitionEntry(record.Span.ToArray()));
        return id;
    }

    /// <summary>Adds a channel; returns its id, from 1.</summary>
    /// <param name="schemaId">Id of the schema; 0 for none.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="messageEncoding">Encoding of the payloads.</param>
    /// <param name="metadata">Key-value pairs.</param>
    /// <exception cref="InvalidOperationException">All 65 535 ids are used.</exception>
    public ushort AddChannel(ushort schemaId, string topic, string messageEncoding, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(schemaId, schemas.Count);
        if (channels.Count == ushort.MaxValue) throw new InvalidOperationException("An MCAP file holds at most 65 535 channels.");
        ushort id = (ushort)(channels.Count + 1);
        using var record = new McapRecordBuffer();
        int start = record.Begin(McapOpcode.Channel);
        record.Add(id);
        record.Add(schemaId);
        record.Add(topic);
        record.Add(messageEncoding);
        record.Add(metadata);
        record.End(start);
        channels.Add(new ChannelEntry(id, schemaId, record.Span.ToArray()));
        return id;
    }

    /// <summary>Appends a message; the payload is copied.</summary>
    public ValueTask WriteMessageAsync(
        ushort channelId, uint sequence, ulong logTimeNs, ulong publishTimeNs, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(channelId);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channelId, channels.Count);
        ObjectDisposedException.ThrowIf(completed, this);

        var channel = channels[channelId - 1];
        var target = options.UseChunks ? job.Records : pending;
        if (!channel.Written) Define(channel, target);

        if (options.UseChunks && options.Parts.HasFlag(McapSummaryParts.MessageIndexes)) job.IndexOf(channel.Id).Add(logTimeNs, (ulong)target.Length);
        int record = target.Begin(McapOpcode.Message);
        target.Add(channelId);
        target.Add(sequence);
        target.Add(logTimeNs);
        target.Add(publishTimeNs);
        target.Add(payload.Span);
        target.End(record);

        channel.MessageCount++;
        messageCount++;
        job.StartTime = Math.Min(job.StartTime, logTimeNs);
        job.EndTime = Math.Max(job.EndTime, logTimeNs);

        bool isFull = options.UseChunks ? job.Records.Length >= options.ChunkBytes : pending.Length >= PendingBytes;
        return isFull ? CloseChunkAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Writes a metadata record.</summary>
    public ValueTask WriteMetadataAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        long offset = flushed + pending.Length;
        int record = pending.Begin(McapOpcode.Metadata);
        pending.Add(name);
        pending.Add(metadata);
        pending.End(record);
        metadataCount++;

        int index = metadataIndexes.Begin(McapOpcode.MetadataIndex);
        metadataIndexes.Add((ulong)offset);
        metadataIndexes.Add((ulong)(flushed + pending.Length - offset));
        metadataIndexes.Add(name);
        metadataIndexes.End(index);
        return pending.Length >= PendingBytes ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Writes an attachment record.</summary>
    public ValueTask WriteAttachmentAsync(
        string name, string mediaType, ulong logTimeNs, ulong createTimeNs, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        long offset = flushed + pending.Length;
        int record = pending.Begin(McapOpcode.Attachment);
        pending.Add(logTimeNs);
        pending.Add(createTimeNs);
        pending.Add(name);
        pending.Add(mediaType);
        pending.Add((ulong)data.Length);
        pending.Add(data.Span);
        pending.Add(options.WriteCrc ? Crc32.Compute(pending.Span[record..]) : 0);
        pending.End(record);
        attachmentCount++;

        int index = attachmentIndexes.Begin(McapOpcode.AttachmentIndex);
        attachmentIndexes.Add((ulong)offset);
        attachmentIndexes.Add((ulong)(flushed + pending.Length - offset));
        attachmentIndexes.Add(logTimeNs);
        attachmentIndexes.Add(createTimeNs);
        attachmentIndexes.Add((ulong)data.Length);
        attachmentIndexes.Add(name);
        attachmentIndexes.Add(mediaType);
        attachmentIndexes.End(index);
        return pending.Length >= PendingBytes ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Releases the buffers. A file that was not completed stays without its end.</summary>
    public async ValueTask DisposeAsync()
    {
        completed = true;
        while (compressing.TryDequeue(out var entry))
        {
            await entry.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            entry.Job.Dispose();
        }

        while (spareJobs.TryPop(out var spare)) spare.Dispose();
        job.Dispose();
        pending.Dispose();
        chunkIndexes.Dispose();
        attachmentIndexes.Dispose();
        metadataIndexes.Dispose();
    }

    private void Define(ChannelEntry channel, McapRecordBuffer target)
    {
        if (channel.SchemaId != 0 && !schemas[channel.SchemaId - 1].Written)
        {
            target.Add(schemas[channel.SchemaId - 1].Record);
            schemas[channel.SchemaId - 1].Written = true;
        }

        target.Add(channel.Record);
        channel.Written = true;
    }

    /// <summary>Closes the open chunk, which is written at once or, when others are still being compressed, after them.</summary>
    private ValueTask CloseChunkAsync(CancellationToken cancellationToken)
    {
        startTime = Math.Min(startTime, job.StartTime);
        endTime = Math.Max(endTime, job.EndTime);
        if (job.Records.Length == 0)
        {
            job.Clear();
            return FlushAsync(cancellationToken);
        }

        if (options.Parallelism <= 1)
        {
            job.Compress(options);
            AppendChunk(job);
            job.Clear();
            return FlushAsync(cancellationToken);
        }

        var closed = job;
        compressing.Enqueue((closed, Task.Run(() => closed.Compress(options), CancellationToken.None)));
        job = spareJobs.TryPop(out var spare) ? spare : new McapChunkJob();
        return WriteCompressedAsync(options.Parallelism, cancellationToken);
    }

    /// <summary>Writes chunks that are ready, and waits for the first until no more than <paramref name="left"/> are under way.</summary>
    private async ValueTask WriteCompressedAsync(int left, CancellationToken cancellationToken)
    {
        while (compressing.TryPeek(out var entry) && (compressing.Count > left || entry.Work.IsCompleted))
        {
            await entry.Work.WaitAsync(cancellationToken).ConfigureAwait(false);
            compressing.Dequeue();
            AppendChunk(entry.Job);
            entry.Job.Clear();
            spareJobs.Push(entry.Job);
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void AppendChunk(McapChunkJob chunk)
    {
        long offset = flushed + pending.Length;
        int record = pending.Begin(McapOpcode.Chunk);
        ulong earliest = chunk.StartTime == ulong.MaxValue && chunk.EndTime == 0 ? 0 : chunk.StartTime;
        pending.Add(earliest);
        pending.Add(chunk.EndTime);
        pending.Add((ulong)chunk.Records.Length);
        pending.Add(chunk.Crc);
        pending.Add(chunk.Compression);
        pending.Add((ulong)chunk.Stored.Length);
        pending.Add(chunk.Stored);
        pending.End(record);
        chunkCount++;
        long chunkEnd = flushed + pending.Length;

        int index = chunkIndexes.Begin(McapOpcode.ChunkIndex);
        chunkIndexes.Add(earliest);
        chunkIndexes.Add(chunk.EndTime);
        chunkIndexes.Add((ulong)offset);
        chunkIndexes.Add((ulong)(chunkEnd - offset));
        int map = chunkIndexes.Length;
        chunkIndexes.Add(0U);
        for (int channel = 0; channel < chunk.Indexes.Length; channel++)
        {
            if (chunk.Indexes[channel] is not { Entries.IsEmpty: false } entries) continue;
            chunkIndexes.Add((ushort)channel);
            chunkIndexes.Add((ulong)(flushed + pending.Length));
            AppendMessageIndex((ushort)channel, entries.Entries);
        }

        chunkIndexes.SetUInt32(map, (uint)(chunkIndexes.Length - map - sizeof(uint)));
        chunkIndexes.Add((ulong)(flushed + pending.Length - chunkEnd));
        chunkIndexes.Add(chunk.Compression);
        chunkIndexes.Add((ulong)chunk.Stored.Length);
        chunkIndexes.Add((ulong)chunk.Records.Length);
        chunkIndexes.End(index);
    }

    private void AppendMessageIndex(ushort channel, ReadOnlySpan<(ulong LogTime, ulong Offset)> entries)
    {
        int record = pending.Begin(McapOpcode.MessageIndex);
        pending.Add(channel);
        pending.Add((uint)(entries.Length * 2 * sizeof(ulong)));
        foreach (var (time, offset) in entries)
        {
            pending.Add(time);
            pending.Add(offset);
        }

        pending.End(record);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (options.WriteCrc) crc = Crc32.Append(crc, pending.Span);
        await output.WriteAsync(pending.Memory, cancellationToken).ConfigureAwait(false);
        flushed += pending.Length;
        pending.Clear();
    }
}
