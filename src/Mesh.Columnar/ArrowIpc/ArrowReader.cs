using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mesh.Columnar.ArrowIpc.Format;
using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc;

/// <summary>
/// Reads Arrow IPC, file and streaming form, batch by batch. Dictionaries are expanded; unsigned and small integers are widened; timestamps in
/// nanoseconds become 64-bit integers. A file is read by its messages in order, so one without its footer is read too.
/// </summary>
public sealed class ArrowReader : IAsyncDisposable
{
    private const int MaxMetadataBytes = 256 << 20;

    private readonly IByteSource source;
    private readonly ArrowReaderOptions options;
    private readonly Dictionary<long, ColumnVector> dictionaries = [];
    private readonly Dictionary<long, ArrowField> dictionaryFields = [];
    private List<ArrowField> fields = [];
    private long position;

    private ArrowReader(IByteSource source, ArrowReaderOptions options) => (this.source, this.options) = (source, options);

    /// <summary>Columns.</summary>
    public Schema Schema { get; private set; } = new([]);

    /// <summary>Opens a file or stream; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="MeshException"><c>MESH10700</c> it is no Arrow IPC or broken; <c>MESH10701</c> a type is not read; <c>MESH10702</c> it is big-endian.</exception>
    public static ValueTask<ArrowReader> OpenAsync(IByteSource source, CancellationToken cancellationToken) => OpenAsync(source, new ArrowReaderOptions(), cancellationToken);

    /// <inheritdoc cref="OpenAsync(IByteSource, CancellationToken)"/>
    public static async ValueTask<ArrowReader> OpenAsync(IByteSource source, ArrowReaderOptions options, CancellationToken cancellationToken)
    {
        var reader = new ArrowReader(source, options);
        try
        {
            await reader.ReadSchemaAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch (InvalidDataException exception)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw reader.Broken(exception.Message);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads the batches in order.</summary>
    /// <exception cref="MeshException"><c>MESH10700</c>: a batch is broken.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextMessageAsync(cancellationToken).ConfigureAwait(false) is var (header, kind, body))
        {
            RecordBatch? batch;
            try
            {
                batch = Take(header, kind, body);
            }
            catch (InvalidDataException exception)
            {
                throw Broken(exception.Message);
            }

            if (batch is not null) yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask ReadSchemaAsync(CancellationToken cancellationToken)
    {
        byte[] magic = new byte[8];
        int read = await source.ReadAtAsync(0, magic, cancellationToken).ConfigureAwait(false);
        bool isFile = magic.AsSpan(0, read).StartsWith(ArrowFormat.Magic);
        if (isFile) position = magic.Length;

        // Some writers put the schema into a file's footer alone, without the message at the start.
        var schema = isFile ? await ReadFooterSchemaAsync(cancellationToken).ConfigureAwait(false) : null;
        if (schema is null)
        {
            if (await NextMessageAsync(cancellationToken).ConfigureAwait(false) is not var (header, kind, _) || kind != ArrowFormat.Header.Schema)
            {
                throw new InvalidDataException("it does not begin with a schema");
            }

            schema = header;
        }

        fields = ArrowSchemaReader.Read(schema.Value, source.Name);
        Schema = new Schema([.. fields.Select(field => field.Field)]);
        foreach (var field in fields) CollectDictionaries(field);
    }

    /// <summary>The schema of the footer; null when the file has no sound one: it was cut off.</summary>
    private async ValueTask<FlatTable?> ReadFooterSchemaAsync(CancellationToken cancellationToken)
    {
        const int TailBytes = sizeof(int) + 6;
        byte[] tail = new byte[TailBytes];
        if (source.Length < position + TailBytes) return null;
        await source.ReadAtAsync(source.Length - TailBytes, tail, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!tail.AsSpan(sizeof(int)).SequenceEqual(ArrowFormat.Magic) || length <= 0 || length > MaxMetadataBytes || length > source.Length - TailBytes - position) return null;

        byte[] footer = new byte[length];
        await source.ReadAtAsync(source.Length - TailBytes - length, footer, cancellationToken).ConfigureAwait(false);
        try
        {
            return FlatTable.Root(footer).GetTable(1);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private void CollectDictionaries(ArrowField field)
    {
        if (field.DictionaryId is { } id) dictionaryFields[id] = field with { DictionaryId = null };
        foreach (var child in field.Children) CollectDictionaries(child);
    }

    private RecordBatch? Take(FlatTable header, byte kind, ReadOnlyMemory<byte> body)
    {
        switch (kind)
        {
            case ArrowFormat.Header.RecordBatch:
                var reader = new ArrowBatchReader(header, body, dictionaries, options.MaxBatchBytes);
                var columns = new List<ColumnVector>(fields.Count);
                foreach (var field in fields)
                {
                    var column = reader.Read(field);
                    columns.Add(column.Length == reader.Length ? column : throw new InvalidDataException("a column is not as long as its batch"));
                }

                return new RecordBatch(Schema, reader.Length, columns);
            case ArrowFormat.Header.DictionaryBatch:
                if (header.GetBoolean(2)) throw new InvalidDataException("it extends a dictionary (delta), which is not read");
                long id = header.GetInt64(0);
                if (!dictionaryFields.TryGetValue(id, out var type)) throw new InvalidDataException($"dictionary {id} belongs to no column");
                var data = header.GetTable(1) ?? throw new InvalidDataException("a dictionary has no data");
                dictionaries[id] = new ArrowBatchReader(data, body, dictionaries, options.MaxBatchBytes).Read(type);
                return null;
            default:
                return null;
        }
    }

    private async ValueTask<(FlatTable Header, byte Kind, ReadOnlyMemory<byte> Body)?> NextMessageAsync(CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[8];
        int read = await source.ReadAtAsync(position, prefix, cancellationToken).ConfigureAwait(false);
        if (read < 4) return null;
        int first = BinaryPrimitives.ReadInt32LittleEndian(prefix);

        // Before version 0.15 there was no continuation mark.
        int prefixBytes = first == ArrowFormat.Continuation ? 8 : 4;
        int length = first == ArrowFormat.Continuation ? BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(4)) : first;
        if (length == 0 || read < prefixBytes) return null;
        if (length < 0 || length > MaxMetadataBytes || length > source.Length - position - prefixBytes) throw Broken($"a message at byte {position:N0} claims {length:N0} bytes of metadata");

        byte[] metadata = new byte[length];
        await source.ReadAtAsync(position + prefixBytes, metadata, cancellationToken).ConfigureAwait(false);
        try
        {
            var message = FlatTable.Root(metadata);
            long bodyBytes = message.GetInt64(3);
            long start = position + prefixBytes + length;
            if (bodyBytes < 0 || bodyBytes > source.Length - start || bodyBytes > int.MaxValue - 64) throw new InvalidDataException($"a message at byte {position:N0} claims a body of {bodyBytes:N0} bytes");
            byte[] body = new byte[bodyBytes];
            await source.ReadAtAsync(start, body, cancellationToken).ConfigureAwait(false);
            position = start + bodyBytes;
            return (message.GetTable(2) ?? throw new InvalidDataException("a message has no header"), message.GetByte(1), body);
        }
        catch (InvalidDataException exception)
        {
            throw Broken(exception.Message);
        }
    }

    private MeshException Broken(string problem) => new("MESH10700", $"'{source.Name}' is not sound Arrow IPC: {problem}. Write it again, or check that it arrived whole.");
}
