using System.Buffers.Binary;
using Mesh.Columnar.ArrowIpc.Format;

namespace Mesh.Columnar.ArrowIpc;

/// <summary>
/// Writes record batches as Arrow IPC, file or stream, batch by batch in bounded memory; buffers begin at multiples of 64 bytes. Not thread-safe.
/// </summary>
public sealed class ArrowWriter
{
    private readonly Stream output;
    private readonly Schema schema;
    private readonly ArrowWriterOptions options;
    private readonly ArrowBody body;
    private readonly ArrowBody dictionaryBody;
    private readonly List<(long Offset, int MetadataBytes, long BodyBytes)> blocks = [];
    private readonly List<(long Offset, int MetadataBytes, long BodyBytes)> dictionaryBlocks = [];
    private List<ArrowColumn> columns = [];
    private bool hasBegun;
    private long position;
    private bool isComplete;

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="schema">Columns.</param>
    /// <param name="options">Form, compression and dictionaries.</param>
    public ArrowWriter(Stream output, Schema schema, ArrowWriterOptions? options = null)
    {
        this.output = output;
        this.schema = schema;
        this.options = options ?? new ArrowWriterOptions();
        body = new ArrowBody(this.options.Compression);
        dictionaryBody = new ArrowBody(this.options.Compression);
    }

    /// <summary>Appends a batch, with its metadata; it may be dropped afterwards.</summary>
    /// <exception cref="ArgumentException">The batch has other columns than the schema.</exception>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (batch.Columns.Count != schema.Fields.Count) throw new ArgumentException($"The batch has {batch.Columns.Count} columns where the writer has {schema.Fields.Count}.", nameof(batch));
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            if (batch.Columns[i].Type.Kind != schema.Fields[i].Type.Kind) throw new ArgumentException($"Column '{schema.Fields[i].Name}' is {batch.Columns[i].Type.Kind} where the writer has {schema.Fields[i].Type.Kind}.", nameof(batch));
        }

        if (batch.Length == 0) return;
        if (!hasBegun) await BeginAsync(batch, cancellationToken).ConfigureAwait(false);

        body.Clear();
        for (int i = 0; i < columns.Count; i++) body.Add(columns[i], batch.Columns[i]);
        foreach (var column in columns) await WriteDictionariesAsync(column, cancellationToken).ConfigureAwait(false);

        var builder = new FlatBufferBuilder();
        int header = body.Write(builder, batch.Length);
        blocks.Add(await WriteMessageAsync(Message(builder, ArrowFormat.Header.RecordBatch, header, body.Bytes, batch.Metadata), body, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes end mark and footer. Nothing may be written after.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (!hasBegun) await BeginAsync(null, cancellationToken).ConfigureAwait(false);
        isComplete = true;
        byte[] end = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(end, ArrowFormat.Continuation);
        await WriteRawAsync(end, cancellationToken).ConfigureAwait(false);
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

    private async ValueTask BeginAsync(RecordBatch? first, CancellationToken cancellationToken)
    {
        hasBegun = true;
        columns = ArrowColumn.Plan(schema, options.ChooseDictionaries ? first : null, options);
        if (!options.Stream) await WriteRawAsync("ARROW1\0\0"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        var builder = new FlatBufferBuilder();
        byte[] message = Message(builder, ArrowFormat.Header.Schema, ArrowSchemaWriter.Write(builder, columns, options.Metadata), 0, new Dictionary<string, string>());
        await WriteMessageAsync(message, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a batch brought that was new for its dictionaries goes before it.</summary>
    private async ValueTask WriteDictionariesAsync(ArrowColumn column, CancellationToken cancellationToken)
    {
        foreach (var child in column.Children) await WriteDictionariesAsync(child, cancellationToken).ConfigureAwait(false);
        if (column.Dictionary is not { } dictionary || dictionary.TakeAdded() is not { } values) return;

        dictionaryBody.Clear();
        dictionaryBody.AddPlain(values);
        var builder = new FlatBufferBuilder();
        int data = dictionaryBody.Write(builder, values.Length);
        builder.BeginTable();
        builder.AddInt64(0, dictionary.Id);
        builder.AddOffset(1, data);
        builder.AddByte(2, dictionary.IsDelta ? (byte)1 : (byte)0);
        byte[] message = Message(builder, ArrowFormat.Header.DictionaryBatch, builder.EndTable(), dictionaryBody.Bytes, new Dictionary<string, string>());
        dictionaryBlocks.Add(await WriteMessageAsync(message, dictionaryBody, cancellationToken).ConfigureAwait(false));
        dictionary.Written();
    }

    private static byte[] Message(FlatBufferBuilder builder, byte kind, int header, long bodyBytes, IReadOnlyDictionary<string, string> metadata)
    {
        int pairs = metadata.Count == 0 ? 0 : builder.AddVector([.. metadata.Select(pair => ArrowSchemaWriter.WritePair(builder, pair.Key, pair.Value))]);
        builder.BeginTable();
        builder.AddInt64(3, bodyBytes);
        builder.AddOffset(2, header);
        if (pairs != 0) builder.AddOffset(4, pairs);
        builder.AddInt16(0, ArrowFormat.VersionV5);
        builder.AddByte(1, kind);
        return builder.Finish(builder.EndTable());
    }

    private byte[] Footer()
    {
        var builder = new FlatBufferBuilder();
        int schemaAt = ArrowSchemaWriter.Write(builder, columns, options.Metadata);
        int dictionaries = builder.AddStructs(Places(dictionaryBlocks), ArrowFormat.BlockBytes);
        int batches = builder.AddStructs(Places(blocks), ArrowFormat.BlockBytes);
        builder.BeginTable();
        builder.AddOffset(1, schemaAt);
        builder.AddOffset(2, dictionaries);
        builder.AddOffset(3, batches);
        builder.AddInt16(0, ArrowFormat.VersionV5);
        return builder.Finish(builder.EndTable());
    }

    private static byte[] Places(List<(long Offset, int MetadataBytes, long BodyBytes)> blocks)
    {
        byte[] places = new byte[blocks.Count * ArrowFormat.BlockBytes];
        for (int i = 0; i < blocks.Count; i++)
        {
            var place = places.AsSpan(i * ArrowFormat.BlockBytes);
            BinaryPrimitives.WriteInt64LittleEndian(place, blocks[i].Offset);
            BinaryPrimitives.WriteInt32LittleEndian(place[8..], blocks[i].MetadataBytes);
            BinaryPrimitives.WriteInt64LittleEndian(place[16..], blocks[i].BodyBytes);
        }

        return places;
    }

    /// <returns>What a footer's block says: where the message is, its bytes before the body with the prefix, and those of the body.</returns>
    private async ValueTask<(long Offset, int MetadataBytes, long BodyBytes)> WriteMessageAsync(byte[] metadata, ArrowBody? following, CancellationToken cancellationToken)
    {
        const int PrefixBytes = 8;
        long offset = position;
        int padding = ArrowFormat.PaddingOf(position + PrefixBytes + metadata.Length, ArrowFormat.BufferAlignment);
        byte[] prefix = new byte[PrefixBytes];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, ArrowFormat.Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(4), metadata.Length + padding);
        await WriteRawAsync(prefix, cancellationToken).ConfigureAwait(false);
        await WriteRawAsync(metadata, cancellationToken).ConfigureAwait(false);
        await WriteRawAsync(new byte[padding], cancellationToken).ConfigureAwait(false);
        long start = position;
        foreach (var buffer in following?.Buffers ?? [])
        {
            await WriteRawAsync(buffer, cancellationToken).ConfigureAwait(false);
            await WriteRawAsync(new byte[ArrowFormat.PaddingOf(buffer.Length, ArrowFormat.BufferAlignment)], cancellationToken).ConfigureAwait(false);
        }

        return (offset, (int)(start - offset), position - start);
    }

    private async ValueTask WriteRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty) return;
        await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        position += bytes.Length;
    }
}
