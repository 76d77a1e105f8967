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
    private readonly McapRecordBuffer chunk = new();
    private readonly List<DefinitionEntry> schemas = [];
    private readonly List<ChannelEntry> channels = [];
    private readonly McapRecordBuffer chunkIndexes = new();
    private readonly McapRecordBuffer attachmentIndexes = new();
    private readonly McapRecordBuffer metadataIndexes = new();
    private long flushed;
    private uint crc;
    private ulong chunkStartTime = ulong.MaxValue;
    private ulong chunkEndTime;
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
        var target = options.UseChunks ? chunk : pending;
        if (!channel.Written) Define(channel, target);

        if (options.UseChunks && options.Parts.HasFlag(McapSummaryParts.MessageIndexes)) channel.Index.Add(logTimeNs, (ulong)target.Length);
        int record = target.Begin(McapOpcode.Message);
        target.Add(channelId);
        target.Add(sequence);
        target.Add(logTimeNs);
        target.Add(publishTimeNs);
        target.Add(payload.Span);
        target.End(record);

        channel.MessageCount++;
        messageCount++;
        chunkStartTime = Math.Min(chunkStartTime, logTimeNs);
        chunkEndTime = Math.Max(chunkEndTime, logTimeNs);

        bool isFull = options.UseChunks ? chunk.Length >= options.ChunkBytes : pending.Length >= PendingBytes;
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
    public ValueTask DisposeAsync()
    {
        completed = true;
        pending.Dispose();
        chunk.Dispose();
        chunkIndexes.Dispose();
        attachmentIndexes.Dispose();
        metadataIndexes.Dispose();
        return ValueTask.CompletedTask;
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

    private ValueTask CloseChunkAsync(CancellationToken cancellationToken)
    {
        startTime = Math.Min(startTime, chunkStartTime);
        endTime = Math.Max(endTime, chunkEndTime);
        if (chunk.Length > 0) AppendChunk();
        chunkStartTime = ulong.MaxValue;
        chunkEndTime = 0;
        chunk.Clear();
        return FlushAsync(cancellationToken);
    }

    private void AppendChunk()
    {
        long offset = flushed + pending.Length;
        int record = pending.Begin(McapOpcode.Chunk);
        ulong earliest = chunkStartTime == ulong.MaxValue && chunkEndTime == 0 ? 0 : chunkStartTime;
        pending.Add(earliest);
        pending.Add(chunkEndTime);
        pending.Add((ulong)chunk.Length);
        pending.Add(options.WriteCrc ? Crc32.Compute(chunk.Span) : 0);
        var (compression, stored) = AppendRecords();
        pending.End(record);
        chunkCount++;
        long chunkEnd = flushed + pending.Length;

        int index = chunkIndexes.Begin(McapOpcode.ChunkIndex);
        chunkIndexes.Add(earliest);
        chunkIndexes.Add(chunkEndTime);
        chunkIndexes.Add((ulong)offset);
        chunkIndexes.Add((ulong)(chunkEnd - offset));
        int map = chunkIndexes.Length;
        chunkIndexes.Add(0U);
        foreach (var channel in channels)
        {
            if (channel.Index.Count == 0) continue;
            chunkIndexes.Add(channel.Id);
            chunkIndexes.Add((ulong)(flushed + pending.Length));
            AppendMessageIndex(channel);
        }

        chunkIndexes.SetUInt32(map, (uint)(chunkIndexes.Length - map - sizeof(uint)));
        chunkIndexes.Add((ulong)(flushed + pending.Length - chunkEnd));
        chunkIndexes.Add(compression);
        chunkIndexes.Add((ulong)stored);
        chunkIndexes.Add((ulong)chunk.Length);
        chunkIndexes.End(index);
    }

    private void AppendMessageIndex(ChannelEntry channel)
    {
        int record = pending.Begin(McapOpcode.MessageIndex);
        pending.Add(channel.Id);
        pending.Add((uint)(channel.Index.Count * 2 * sizeof(ulong)));
        foreach (var (time, offset) in channel.Index.Entries)
        {
            pending.Add(time);
            pending.Add(offset);
        }

        pending.End(record);
        channel.Index.Clear();
    }

    /// <summary>Appends compression name, length and the chunk's records; what does not shrink is stored as it is.</summary>
    private (string Compression, int Stored) AppendRecords()
    {
        int start = pending.Length;
        if (options.Compression != McapCompression.None)
        {
            string name = options.Compression == McapCompression.Lz4 ? "lz4" : "zstd";
            pending.Add(name);
            int lengthAt = pending.Length;
            pending.Add(0UL);
            int written = options.Compression == McapCompression.Lz4
                ? Lz4.CompressFrame(chunk.Span, pending.Reserve(Lz4.MaxFrameLength(chunk.Length)))
                : Zstd.Compress(chunk.Span, pending.Reserve(Zstd.MaxCompressedLength(chunk.Length)), options.CompressionLevel);
            if (written < chunk.Length)
            {
                pending.Advance(written);
                pending.SetUInt64(lengthAt, (ulong)written);
                return (name, written);
            }

            pending.Truncate(start);
        }

        pending.Add("");
        pending.Add((ulong)chunk.Length);
        pending.Add(chunk.Span);
        return ("", chunk.Length);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (options.WriteCrc) crc = Crc32.Append(crc, pending.Span);
        await output.WriteAsync(pending.Memory, cancellationToken).ConfigureAwait(false);
        flushed += pending.Length;
        pending.Clear();
    }
}
