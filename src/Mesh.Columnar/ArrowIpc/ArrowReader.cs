using System.Runtime.CompilerServices;
using Mesh.Columnar.ArrowIpc.Format;
using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc;

/// <summary>
/// Reads Arrow IPC, file and streaming form, batch by batch. Dictionaries, views and runs become plain values; unsigned and small integers are
/// widened; times of coarser units become microseconds. A file without its footer is read by its messages in order. Of several streams behind one
/// another, the first is read.
/// </summary>
public sealed class ArrowReader : IAsyncDisposable
{
    private readonly IByteSource source;
    private readonly ArrowReaderOptions options;
    private readonly ArrowMessageReader messages;
    private readonly ArrowDictionaries dictionaries;
    private List<ArrowField> fields = [];

    private ArrowReader(IByteSource source, ArrowReaderOptions options)
    {
        this.source = source;
        this.options = options;
        messages = new ArrowMessageReader(source, options.MaxBatchBytes);
        dictionaries = new ArrowDictionaries(options.MaxBatchBytes);
    }

    /// <summary>Columns.</summary>
    public Schema Schema { get; private set; } = new([]);

    /// <summary>Key-value pairs of the schema.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>Opens a file or stream; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="MeshException"><c>MESH10700</c> it is no Arrow IPC or broken; <c>MESH10701</c> a type is not read; <c>MESH10702</c> it is big-endian; <c>MESH10703</c> it nests too deep.</exception>
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

    /// <summary>Opens what arrives: a pipe, an answer over HTTP. The reader owns <paramref name="stream"/>, which is disposed also when this fails.</summary>
    /// <param name="stream">Read from front to back.</param>
    /// <param name="name">Name for messages to people.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <inheritdoc cref="OpenAsync(IByteSource, CancellationToken)" path="/exception"/>
    public static ValueTask<ArrowReader> OpenAsync(Stream stream, string name, ArrowReaderOptions options, CancellationToken cancellationToken) =>
        OpenAsync(new ForwardByteSource(stream, name), options, cancellationToken);

    /// <summary>Reads the batches in order.</summary>
    /// <exception cref="MeshException"><c>MESH10700</c>: a batch is broken.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            RecordBatch? batch;
            try
            {
                if (await messages.NextAsync(cancellationToken).ConfigureAwait(false) is not { } message) yield break;
                batch = Take(message);
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
        // Some writers put the schema into a file's footer alone, without the message at the start.
        var schema = await messages.BeginAsync(cancellationToken).ConfigureAwait(false);
        if (schema is null)
        {
            if (await messages.NextAsync(cancellationToken).ConfigureAwait(false) is not { Kind: ArrowFormat.Header.Schema } message) throw new InvalidDataException("it does not begin with a schema");
            schema = message.Header;
        }

        var schemaReader = new ArrowSchemaReader(source.Name);
        fields = schemaReader.Read(schema.Value);
        Schema = new Schema([.. fields.Select(field => field.Field)]);
        Metadata = schemaReader.ReadPairs(schema.Value.GetTables(2));
        foreach (var field in fields) dictionaries.Collect(field);
    }

    private RecordBatch? Take(ArrowMessage message)
    {
        switch (message.Kind)
        {
            case ArrowFormat.Header.RecordBatch:
                var reader = new ArrowBatchReader(message.Header, message.Body, dictionaries, new ByteBudget(options.MaxBatchBytes));
                var columns = new List<ColumnVector>(fields.Count);
                foreach (var field in fields)
                {
                    var column = reader.Read(field);
                    columns.Add(column.Length == reader.Length ? column : throw new InvalidDataException("a column is not as long as its batch"));
                }

                return new RecordBatch(Schema, reader.Length, columns) { Metadata = new ArrowSchemaReader(source.Name).ReadPairs(message.Pairs) };
            case ArrowFormat.Header.DictionaryBatch:
                dictionaries.Take(message.Header, message.Body);
                return null;
            default:
                return null;
        }
    }

    private MeshException Broken(string problem) => new("MESH10700", $"'{source.Name}' is not sound Arrow IPC: {problem}. Write it again, or check that it arrived whole.");
}
