using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mesh.Columnar.ArrowIpc.Format;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.ArrowIpc;

/// <summary>Writes record batches as Arrow IPC, file or stream, batch by batch in bounded memory. Not thread-safe.</summary>
public sealed class ArrowWriter
{
    private readonly Stream output;
    private readonly Schema schema;
    private readonly ArrowWriterOptions options;
    private readonly List<(long Offset, int MetadataBytes, long BodyBytes)> blocks = [];
    private readonly List<ReadOnlyMemory<byte>> buffers = [];
    private readonly List<(long Length, long NullCount)> nodes = [];
    private long position;
    private bool isComplete;

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="schema">Columns.</param>
    /// <param name="options">Form and compression.</param>
    public ArrowWriter(Stream output, Schema schema, ArrowWriterOptions? options = null)
    {
        this.output = output;
        this.schema = schema;
        this.options = options ?? new ArrowWriterOptions();
    }

    /// <summary>Appends a batch; it may be dropped afterwards.</summary>
    /// <exception cref="ArgumentException">The batch has another number of columns than the schema.</exception>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (batch.Columns.Count != schema.Fields.Count) throw new ArgumentException($"The batch has {batch.Columns.Count} columns where the writer has {schema.Fields.Count}.", nameof(batch));
        if (position == 0) await BeginAsync(cancellationToken).ConfigureAwait(false);
        if (batch.Length == 0) return;

        buffers.Clear();
        nodes.Clear();
        foreach (var column in batch.Columns) Collect(column);
        if (options.Compression != ArrowCompression.None)
        {
            for (int i = 0; i < buffers.Count; i++) buffers[i] = Compress(buffers[i].Span);
        }

        byte[] places = new byte[buffers.Count * 16];
        long body = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(places.AsSpan(i * 16), body);
            BinaryPrimitives.WriteInt64LittleEndian(places.AsSpan(i * 16 + 8), buffers[i].Length);
            body += buffers[i].Length + ArrowFormat.PaddingOf(buffers[i].Length);
        }

        byte[] metadata = RecordBatchMessage(batch.Length, places, body);
        long offset = position;
        int metadataBytes = await WriteMessageAsync(metadata, cancellationToken).ConfigureAwait(false);
        foreach (var buffer in buffers) await WritePaddedAsync(buffer, cancellationToken).ConfigureAwait(false);
        blocks.Add((offset, metadataBytes, body));
    }

    /// <summary>Writes end mark and footer. Nothing may be written after.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (position == 0) await BeginAsync(cancellationToken).ConfigureAwait(false);
        isComplete = true;
        byte[] end = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(end, ArrowFormat.Continuation);
        await WritePaddedAsync(end, cancellationToken).ConfigureAwait(false);
        if (!options.Stream)
        {
            byte[] footer = Footer();
            await WriteRawAsync(footer, cancellationToken).ConfigureAwait(false);
            byte[] tail = new byte[sizeof(int) + ArrowFormat.Magic.Length];
            BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
            ArrowFormat.Magic.CopyTo(tail.AsSpan(sizeof(int)));
            await WriteRawAsync(tail, cancellationToken).ConfigureAwait(false);
        }

        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (!options.Stream) await WriteRawAsync("ARROW1\0\0"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        var builder = new FlatBufferBuilder();
        await WriteMessageAsync(Message(builder, ArrowFormat.Header.Schema, ArrowSchemaWriter.Write(builder, schema, options.Metadata), 0), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nodes and buffers in the order of a depth-first walk (Arrow columnar format, "RecordBatch message").</summary>
    private void Collect(ColumnVector column)
    {
        nodes.Add((column.Length, column.NullCount));
        buffers.Add(column.NullCount > 0 ? column.Validity[..((column.Length + 7) / 8)] : default);
        switch (column.Type.Kind)
        {
            case TypeKind.Struct:
                foreach (var child in column.Children) Collect(child);
                break;
            case TypeKind.List:
                buffers.Add(Offsets(column));
                Collect(column.Children[0]);
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                buffers.Add(Offsets(column));
                buffers.Add(column.Length == 0 ? default : column.ValueBytes[..column.Offsets[column.Length]]);
                break;
            case TypeKind.Boolean:
                buffers.Add(column.ValueBytes[..((column.Length + 7) / 8)]);
                break;
            default:
                buffers.Add(column.ValueBytes[..(column.Length * column.Type.ByteWidth)]);
                break;
        }
    }

    private static ReadOnlyMemory<byte> Offsets(ColumnVector column) =>
        column.OffsetBytes.Length == 0 ? new byte[sizeof(int)] : column.OffsetBytes[..((column.Length + 1) * sizeof(int))];

    /// <summary>A compressed buffer begins with its uncompressed length; an empty one stays empty.</summary>
    private byte[] Compress(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return [];
        int bound = options.Compression == ArrowCompression.Zstd ? Zstd.MaxCompressedLength(source.Length) : Lz4.MaxFrameLength(source.Length);
        byte[] scratch = ArrayPool<byte>.Shared.Rent(sizeof(long) + bound);
        try
        {
            var target = scratch.AsSpan(sizeof(long));
            int written = options.Compression == ArrowCompression.Zstd ? Zstd.Compress(source, target) : Lz4.CompressFrame(source, target);

            // Minus one says that the bytes follow as they are.
            bool pays = written < source.Length;
            BinaryPrimitives.WriteInt64LittleEndian(scratch, pays ? source.Length : -1);
            if (pays) return scratch.AsSpan(0, sizeof(long) + written).ToArray();
            byte[] plain = new byte[sizeof(long) + source.Length];
            scratch.AsSpan(0, sizeof(long)).CopyTo(plain);
            source.CopyTo(plain.AsSpan(sizeof(long)));
            return plain;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private byte[] RecordBatchMessage(int length, byte[] places, long body)
    {
        byte[] nodeBytes = new byte[nodes.Count * 16];
        var words = MemoryMarshal.Cast<byte, long>(nodeBytes.AsSpan());
        for (int i = 0; i < nodes.Count; i++) (words[2 * i], words[2 * i + 1]) = nodes[i];

        var builder = new FlatBufferBuilder();
        int nodeVector = builder.AddStructs(nodeBytes, 16);
        int bufferVector = builder.AddStructs(places, 16);
        int compression = 0;
        if (options.Compression != ArrowCompression.None)
        {
            builder.BeginTable();
            builder.AddByte(0, options.Compression == ArrowCompression.Zstd ? (byte)1 : (byte)0);
            compression = builder.EndTable();
        }

        builder.BeginTable();
        builder.AddInt64(0, length);
        builder.AddOffset(1, nodeVector);
        builder.AddOffset(2, bufferVector);
        if (compression != 0) builder.AddOffset(3, compression);
        return Message(builder, ArrowFormat.Header.RecordBatch, builder.EndTable(), body);
    }

    private static byte[] Message(FlatBufferBuilder builder, byte kind, int header, long body)
    {
        builder.BeginTable();
        builder.AddInt64(3, body);
        builder.AddOffset(2, header);
        builder.AddInt16(0, ArrowFormat.VersionV5);
        builder.AddByte(1, kind);
        return builder.Finish(builder.EndTable());
    }

    private byte[] Footer()
    {
        byte[] places = new byte[blocks.Count * ArrowFormat.BlockBytes];
        for (int i = 0; i < blocks.Count; i++)
        {
            var place = places.AsSpan(i * ArrowFormat.BlockBytes);
            BinaryPrimitives.WriteInt64LittleEndian(place, blocks[i].Offset);
            BinaryPrimitives.WriteInt32LittleEndian(place[8..], blocks[i].MetadataBytes);
            BinaryPrimitives.WriteInt64LittleEndian(place[16..], blocks[i].BodyBytes);
        }

        var builder = new FlatBufferBuilder();
        int schemaAt = ArrowSchemaWriter.Write(builder, schema, options.Metadata);
        int dictionaries = builder.AddStructs([], ArrowFormat.BlockBytes);
        int batches = builder.AddStructs(places, ArrowFormat.BlockBytes);
        builder.BeginTable();
        builder.AddOffset(1, schemaAt);
        builder.AddOffset(2, dictionaries);
        builder.AddOffset(3, batches);
        builder.AddInt16(0, ArrowFormat.VersionV5);
        return builder.Finish(builder.EndTable());
    }

    /// <returns>Bytes of the message before its body, prefix included: what a footer's block says.</returns>
    private async ValueTask<int> WriteMessageAsync(byte[] metadata, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, ArrowFormat.Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(4), metadata.Length + ArrowFormat.PaddingOf(metadata.Length));
        await WriteRawAsync(prefix, cancellationToken).ConfigureAwait(false);
        await WritePaddedAsync(metadata, cancellationToken).ConfigureAwait(false);
        return prefix.Length + metadata.Length + ArrowFormat.PaddingOf(metadata.Length);
    }

    private async ValueTask WritePaddedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await WriteRawAsync(bytes, cancellationToken).ConfigureAwait(false);
        int padding = ArrowFormat.PaddingOf(bytes.Length);
        if (padding > 0) await WriteRawAsync(new byte[padding], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty) return;
        await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        position += bytes.Length;
    }
}
