using Mesh.Columnar;
using Mesh.Columnar.Parquet;

namespace Mesh.Commands.Signals.Export;

/// <summary>Rows as Parquet: the time as nanoseconds since 1970, numbers in double precision, labels as text or truth values.</summary>
internal static class ParquetExport
{
    private const int BatchRows = 8192;

    public static async Task WriteAsync(SignalRows rows, Stream output, CancellationToken cancellationToken)
    {
        var schema = new Schema([new Field("log_time_ns", DataType.Int64, Nullable: false), .. rows.Names.Select((name, i) => new Field(name, TypeOf(rows.Kinds[i])))]);
        var writer = new ParquetWriter(output, schema);
        await using var _ = writer.ConfigureAwait(false);
        var times = new FixedWidthBuilder<long>(DataType.Int64);
        var columns = Columns();
        await foreach (long time in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            times.Append(time);
            for (int i = 0; i < columns.Length; i++) Append(columns[i], rows, i);
            if (times.Length < BatchRows) continue;
            await FlushAsync().ConfigureAwait(false);
        }

        if (times.Length > 0) await FlushAsync().ConfigureAwait(false);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);

        async ValueTask FlushAsync()
        {
            int length = times.Length;
            await writer.WriteAsync(new RecordBatch(schema, length, [times.Build(), .. columns.Select(column => column.Build())]), cancellationToken).ConfigureAwait(false);
            times = new FixedWidthBuilder<long>(DataType.Int64);
            columns = Columns();
        }

        ColumnBuilder[] Columns() => [.. rows.Kinds.Select(kind => ColumnBuilder.Create(TypeOf(kind)))];
    }

    private static void Append(ColumnBuilder column, SignalRows rows, int signal)
    {
        switch (column)
        {
            case FixedWidthBuilder<double> numbers when rows.NumberOf(signal) is var number && !double.IsNaN(number):
                numbers.Append(number);
                break;
            case BooleanBuilder flags when rows.LabelOf(signal) is { } flag:
                flags.Append(flag == "true");
                break;
            case BinaryBuilder texts when rows.LabelOf(signal) is { } text:
                texts.Append(text);
                break;
            default:
                column.AppendNull();
                break;
        }
    }

    private static DataType TypeOf(SignalKind kind) => kind switch
    {
        SignalKind.Number => DataType.Float64,
        SignalKind.Bool => DataType.Boolean,
        _ => DataType.Utf8,
    };
}
