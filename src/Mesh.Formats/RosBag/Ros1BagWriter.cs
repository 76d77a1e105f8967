using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Mesh.Columnar.Compression;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Writes ROS 1 bags (format 2.0): chunks with their index records, then connections and chunk infos; last of all the bag header, at the
/// beginning. Until then the file is what a crashed recorder leaves: readable by those who need no index. Not thread-safe.
/// </summary>
public sealed class Ros1BagWriter : RecordingWriter
{
    // A chunk's length and the offsets in it are 32 bits wide, and buffers no longer than an array.
    private const int LargestChunk = 1 << 30;

    private static readonly string[] OwnFields = ["message_definition", "md5sum", "topic", "type"];

    private readonly Stream output;
    private readonly Ros1BagWriterOptions options;
    private readonly long start;
    private readonly List<Connection> connections = [];
    private readonly Ros1BagBuffer chunk = new();
    private readonly Ros1BagBuffer pending = new();
    private readonly Ros1BagBuffer chunkInfos = new();
    private uint chunkCount;
    private long flushed;
    private ulong chunkStart = ulong.MaxValue;
    private ulong chunkEnd;
    private bool isCompleted;

    /// <param name="output">Takes the bag from its current position on; must seek. Not disposed.</param>
    /// <param name="options">Chunking and compression.</param>
    public Ros1BagWriter(Stream output, Ros1BagWriterOptions? options = null)
    {
        if (!output.CanSeek) throw new ArgumentException("A bag's header is completed last: the stream must seek.", nameof(output));
        this.output = output;
        this.options = options ?? new Ros1BagWriterOptions();
        start = output.Position;
        pending.Add(Ros1BagFileHeader.Version);
        AddBagHeader(pending, 0, 0, 0);
    }

    /// <inheritdoc/>
    /// <exception cref="RecordingFormatException"><c>MESH10010</c>: not ROS 1 messages.</exception>
    public override int AddChannel(RecordingChannel channel)
    {
        if (channel.MessageEncoding != "ros1" || channel.Schema is not { Encoding: "ros1msg" } schema)
        {
            string schemaEncoding = channel.Schema is null ? "no schema" : $"a {channel.Schema.Encoding} schema";
            throw new RecordingFormatException("MESH10010",
                $"A ROS 1 bag cannot carry '{channel.Topic}', which is encoded as '{channel.MessageEncoding}' with {schemaEncoding}: only 'ros1' with ros1msg. Write MCAP, which carries any encoding.");
        }

        connections.Add(new Connection((uint)connections.Count, ToRecord((uint)connections.Count, channel, schema)));
        return connections.Count - 1;
    }

    /// <inheritdoc/>
    /// <exception cref="RecordingFormatException"><c>MESH10420</c>: a time after 2106, beyond the format's 32-bit seconds.</exception>
    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isCompleted, this);
        ArgumentOutOfRangeException.ThrowIfNegative(channel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, connections.Count);
        ulong seconds = message.LogTimeNs / 1_000_000_000;
        if (seconds > uint.MaxValue)
        {
            throw new RecordingFormatException("MESH10420",
                string.Create(CultureInfo.InvariantCulture, $"A ROS 1 bag cannot hold the time {message.LogTimeNs} ns: its seconds are 32 bits wide and end in 2106. Write MCAP."));
        }

        if (chunk.Length > 0 && chunk.Length + (long)payload.Length > LargestChunk) return CloseFirstAsync(channel, message, payload, cancellationToken);
        Append(connections[channel], message.LogTimeNs, (uint)seconds, payload.Span);
        return chunk.Length >= options.ChunkBytes ? CloseChunkAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isCompleted, this);
        await CloseChunkAsync(cancellationToken).ConfigureAwait(false);
        isCompleted = true;

        long indexPosition = flushed;
        foreach (var connection in connections) pending.Add(connection.Record);
        pending.Add(chunkInfos.Span);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);

        AddBagHeader(pending, indexPosition, (uint)connections.Count, chunkCount);
        long end = output.Position;
        output.Position = start + Ros1BagFileHeader.Version.Length;
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        output.Position = end;
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        isCompleted = true;
        chunk.Dispose();
        pending.Dispose();
        chunkInfos.Dispose();
        foreach (var connection in connections) connection.Index.Dispose();
        return base.DisposeAsync();
    }

    private static void AddBagHeader(Ros1BagBuffer target, long indexPosition, uint connectionCount, uint chunkCount)
    {
        int header = target.Begin();
        target.AddField("chunk_count"u8, chunkCount);
        target.AddField("conn_count"u8, connectionCount);
        target.AddField("index_pos"u8, indexPosition);
        target.AddOp(Ros1BagOp.BagHeader);
        target.End(header);
        int padding = Ros1BagFileHeader.PaddedBytes - (target.Length - header);
        target.Add((uint)padding);
        target.Reserve(padding)[..padding].Fill((byte)' ');
        target.Advance(padding);
    }

    private static byte[] ToRecord(uint id, RecordingChannel channel, MessageSchema schema)
    {
        using var record = new Ros1BagBuffer();
        int header = record.Begin();
        record.AddField("conn"u8, id);
        record.AddOp(Ros1BagOp.Connection);
        record.AddField("topic"u8, Encoding.UTF8.GetBytes(channel.Topic));
        record.End(header);

        int data = record.Begin();
        foreach (var (name, value) in channel.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (name.Length > 0 && !name.Contains('=', StringComparison.Ordinal) && !OwnFields.Contains(name)) record.AddField(name, value);
        }

        string md5 = channel.Metadata.TryGetValue("md5sum", out string? given) && given.Length > 0
            ? given
            : Ros1Md5.TryCompute(schema.Name, Encoding.UTF8.GetString(schema.Data.Span)) ?? Ros1Md5.Any;
        record.AddField("md5sum", md5);
        record.AddField("message_definition"u8, schema.Data.Span);
        record.AddField("topic", channel.Metadata.GetValueOrDefault("topic", channel.Topic));
        record.AddField("type", schema.Name);
        record.End(data);
        return record.Span.ToArray();
    }

    private async ValueTask CloseFirstAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await CloseChunkAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(channel, message, payload, cancellationToken).ConfigureAwait(false);
    }

    private void Append(Connection connection, ulong time, uint seconds, ReadOnlySpan<byte> payload)
    {
        if (!connection.IsWritten) chunk.Add(connection.Record);
        connection.IsWritten = true;
        uint nanoseconds = (uint)(time % 1_000_000_000);
        connection.Index.Add(seconds);
        connection.Index.Add(nanoseconds);
        connection.Index.Add((uint)chunk.Length);

        var prefix = chunk.Reserve(connection.Prefix.Length);
        connection.Prefix.CopyTo(prefix);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[Connection.SecondsOffset..], seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[(Connection.SecondsOffset + 4)..], nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[(Connection.SecondsOffset + 8)..], (uint)payload.Length);
        chunk.Advance(connection.Prefix.Length);
        chunk.Add(payload);
        chunkStart = Math.Min(chunkStart, time);
        chunkEnd = Math.Max(chunkEnd, time);
    }

    private ValueTask CloseChunkAsync(CancellationToken cancellationToken)
    {
        if (chunk.Length > 0) AppendChunk();
        chunk.Clear();
        chunkStart = ulong.MaxValue;
        chunkEnd = 0;
        return FlushAsync(cancellationToken);
    }

    private void AppendChunk()
    {
        long position = flushed + pending.Length;
        var compression = options.Compression;
        if (!TryAppendCompressed(compression))
        {
            compression = Ros1BagCompression.None;
            AddChunkHeader(compression);
            pending.Add((uint)chunk.Length);
            pending.Add(chunk.Span);
        }

        chunkCount++;
        int header = chunkInfos.Begin();
        chunkInfos.AddField("chunk_pos"u8, position);
        chunkInfos.AddField("count"u8, (uint)connections.Count(connection => connection.Index.Length > 0));
        chunkInfos.AddTimeField("end_time"u8, chunkEnd);
        chunkInfos.AddOp(Ros1BagOp.ChunkInfo);
        chunkInfos.AddTimeField("start_time"u8, chunkStart);
        chunkInfos.AddField("ver"u8, 1U);
        chunkInfos.End(header);
        int data = chunkInfos.Begin();
        foreach (var connection in connections)
        {
            if (connection.Index.Length == 0) continue;
            uint count = (uint)(connection.Index.Length / Connection.IndexEntryBytes);
            chunkInfos.Add(connection.Id);
            chunkInfos.Add(count);

            int indexHeader = pending.Begin();
            pending.AddField("conn"u8, connection.Id);
            pending.AddField("count"u8, count);
            pending.AddOp(Ros1BagOp.IndexData);
            pending.AddField("ver"u8, 1U);
            pending.End(indexHeader);
            pending.Add((uint)connection.Index.Length);
            pending.Add(connection.Index.Span);
            connection.Index.Clear();
        }

        chunkInfos.End(data);
    }

    private void AddChunkHeader(Ros1BagCompression compression)
    {
        int header = pending.Begin();
        pending.AddField("compression"u8, Encoding.ASCII.GetBytes(Ros1BagChunk.NameOf(compression)));
        pending.AddOp(Ros1BagOp.Chunk);
        pending.AddField("size"u8, (uint)chunk.Length);
        pending.End(header);
    }

    private bool TryAppendCompressed(Ros1BagCompression compression)
    {
        if (compression == Ros1BagCompression.None) return false;
        int before = pending.Length;
        AddChunkHeader(compression);
        int data = pending.Begin();
        int written = compression == Ros1BagCompression.Lz4
            ? Lz4.CompressIndependentFrame(chunk.Span, pending.Reserve(Lz4.MaxFrameLength(chunk.Length)))
            : Bzip2.Compress(chunk.Span, pending.Reserve(Bzip2.MaxCompressedLength(chunk.Length)));
        if (written >= chunk.Length)
        {
            pending.Advance(before - pending.Length);
            return false;
        }

        pending.Advance(written);
        pending.End(data);
        return true;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(pending.Memory, cancellationToken).ConfigureAwait(false);
        flushed += pending.Length;
        pending.Clear();
    }

    /// <summary>A connection, its index entries of the open chunk, and what every message record of it begins with.</summary>
    private sealed class Connection
    {
        public const int SecondsOffset = 34;
        public const int IndexEntryBytes = 12;

        public Connection(uint id, byte[] record)
        {
            Id = id;
            Record = record;
            using var prefix = new Ros1BagBuffer();
            int header = prefix.Begin();
            prefix.AddField("conn"u8, id);
            prefix.AddOp(Ros1BagOp.Message);
            prefix.AddTimeField("time"u8, 0);
            prefix.End(header);
            prefix.Add(0U);
            Prefix = prefix.Span.ToArray();
        }

        public uint Id { get; }

        public byte[] Record { get; }

        public byte[] Prefix { get; }

        public Ros1BagBuffer Index { get; } = new();

        public bool IsWritten { get; set; }
    }
}
