using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.Parquet;
using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>Reads recordings and tables as batches of columns with times, each valid until the next one is asked for.</summary>
internal sealed class ColumnInput(CopyRequest request, ReadProgress? progress)
{
    private static readonly string[] TimeNames = ["log_time_ns", "log_time", "timestamp_ns", "timestamp", "time_ns", "time", "ts", "t"];

    // Blocks read ahead share the memory with open columns and row groups.
    private const long MemoryForBlocks = 32L << 20;

    private readonly List<InputLoss> losses = [];
    private readonly List<UndecodedMessages> undecoded = [];

    public IReadOnlyList<InputLoss> Losses => losses;

    public IReadOnlyList<UndecodedMessages> Undecoded => undecoded;

    public long Messages { get; private set; }

    /// <summary>Whether a file is a table by its extension.</summary>
    public static bool IsTable(string path) => Path.GetExtension(path).ToLowerInvariant() is ".parquet" or ".arrow" or ".arrows" or ".feather";

    public IAsyncEnumerable<ColumnBatch> ReadAsync(string path, CancellationToken cancellationToken) =>
        IsTable(path) ? ReadTableAsync(path, cancellationToken) : ReadRecordingAsync(path, cancellationToken);

    private async IAsyncEnumerable<ColumnBatch> ReadRecordingAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await RecordingInput.OpenAsync(path, request.Reader with { MaxBufferedBytes = Math.Min(request.Reader.MaxBufferedBytes, MemoryForBlocks) }, progress, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var columns = new RecordingColumns(reader, new RecordingColumnsOptions { ReuseMemory = true });
            await foreach (var batch in columns.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return batch;
            Messages += columns.Messages;
            undecoded.AddRange(columns.Undecoded);
            losses.AddRange(reader.Losses.Select(loss => new InputLoss(path, loss)));
        }
    }

    private async IAsyncEnumerable<ColumnBatch> ReadTableAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (source, _) = await RecordingInput.OpenSourceAsync(path, request.Reader, progress, cancellationToken).ConfigureAwait(false);
        var channel = new RecordingChannel(0, Path.GetFileNameWithoutExtension(path), "", null, new Dictionary<string, string>());
        await foreach (var batch in OpenTable(path, source, cancellationToken).ConfigureAwait(false))
        {
            int time = TimeColumnOf(path, batch.Schema);
            var times = TimesOf(batch.Columns[time], batch.Schema.Fields[time]);
            var zeros = new ColumnVector { Type = DataType.Int64, Length = batch.Length, ValueBytes = new byte[batch.Length * sizeof(long)] };
            Messages += batch.Length;
            yield return new ColumnBatch(channel, times, times, zeros, batch);
        }
    }

    private static IAsyncEnumerable<RecordBatch> OpenTable(string path, IByteSource source, CancellationToken cancellationToken) =>
        path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? ReadParquetAsync(source, cancellationToken) : ReadArrowAsync(source, cancellationToken);

    private static async IAsyncEnumerable<RecordBatch> ReadParquetAsync(IByteSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await ParquetReader.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await foreach (var batch in reader.ReadAsync(null, cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    private static async IAsyncEnumerable<RecordBatch> ReadArrowAsync(IByteSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await ArrowReader.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await foreach (var batch in reader.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    private int TimeColumnOf(string path, Schema schema)
    {
        if (request.TimeColumn is { } named)
        {
            int index = schema.IndexOf(named);
            if (index >= 0 && IsTime(schema.Fields[index])) return index;
            throw new MeshException("MESH10607", $"'{path}' has no column '{named}' of a time, integer (ns) or floating (s) type; it has: {string.Join(", ", schema.Fields.Select(field => field.Name))}.");
        }

        foreach (string name in TimeNames)
        {
            int index = schema.IndexOf(name);
            if (index >= 0 && IsTime(schema.Fields[index])) return index;
        }

        throw new MeshException("MESH10607", $"'{path}' has no column that is known to hold its rows' times. Name one with --time; it has: {string.Join(", ", schema.Fields.Select(field => field.Name))}.");
    }

    private static bool IsTime(Field field) => field.Type.Kind is TypeKind.TimestampMicros or TypeKind.LocalTimestampMicros or TypeKind.TimestampNanos
        or TypeKind.LocalTimestampNanos or TypeKind.Int64 or TypeKind.Float64;

    /// <summary>Integers are nanoseconds, floating point seconds; times of unknown zone count as UTC.</summary>
    private static ColumnVector TimesOf(ColumnVector column, Field field)
    {
        var builder = new FixedWidthBuilder<long>(DataType.Int64);
        for (int i = 0; i < column.Length; i++)
        {
            builder.Append(column.IsNull(i) ? 0 : field.Type.Kind switch
            {
                TypeKind.TimestampMicros or TypeKind.LocalTimestampMicros => Math.Clamp(column.Values<long>()[i], 0, long.MaxValue / 1000) * 1000,
                TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos or TypeKind.Int64 => Math.Max(0, column.Values<long>()[i]),
                _ => (long)Math.Clamp(column.Values<double>()[i] * 1e9, 0, 9.2e18),
            });
        }

        return builder.Build();
    }
}
