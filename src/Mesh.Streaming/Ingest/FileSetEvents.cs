using Google.Protobuf;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Events = Mesh.Kafka.Events;

namespace Mesh.Streaming.Ingest;

/// <summary>Data files as the files-written event carries them, from partition to catalogue.</summary>
public static class FileSetEvents
{
    /// <summary>Where in the lake large file sets are kept that an event refers to.</summary>
    public const string Prefix = "file-sets/";

    /// <summary>The event's form of a data file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="partitionBy">The partition spec it was written under; names the values.</param>
    /// <param name="minLogTimeUs">Earliest log time of its rows, microseconds.</param>
    /// <param name="maxLogTimeUs">Latest.</param>
    public static Events.DataFile ToEvent(DataFile file, IReadOnlyList<PartitionField> partitionBy, long minLogTimeUs, long maxLogTimeUs)
    {
        var result = new Events.DataFile
        {
            Uri = file.Uri, RowCount = file.RowCount, FileBytes = file.FileBytes, MinLogTimeUs = minLogTimeUs, MaxLogTimeUs = maxLogTimeUs,
        };
        result.SplitOffsets.AddRange(file.SplitOffsets);
        for (int i = 0; i < partitionBy.Count; i++)
        {
            var value = new Events.PartitionValue { Field = partitionBy[i].Name };
            switch (file.Partition[i])
            {
                case null: break;
                case int number: value.IntValue = number; break;
                case long number: value.LongValue = number; break;
                case string text: value.StringValue = text; break;
                case var other: throw new ArgumentException($"A partition value of type {other.GetType().Name} has no form in the event.", nameof(file));
            }

            result.Partition.Add(value);
        }

        foreach (var column in file.Columns) result.Columns.Add(ToEvent(column));
        return result;
    }

    /// <summary>The data file that an event describes.</summary>
    public static DataFile FromEvent(Events.DataFile file) => new()
    {
        Uri = file.Uri,
        RowCount = file.RowCount,
        FileBytes = file.FileBytes,
        SplitOffsets = [.. file.SplitOffsets],
        Partition =
        [
            .. file.Partition.Select(value => value.ValueCase switch
            {
                Events.PartitionValue.ValueOneofCase.IntValue => value.IntValue,
                Events.PartitionValue.ValueOneofCase.LongValue => value.LongValue,
                Events.PartitionValue.ValueOneofCase.StringValue => value.StringValue,
                _ => (object?)null,
            }),
        ],
        Columns = [.. file.Columns.Select(FromEvent)],
    };

    private static Events.ColumnMetrics ToEvent(ColumnMetrics column)
    {
        var result = new Events.ColumnMetrics
        {
            FieldId = column.FieldId, ValueCount = column.ValueCount, NullCount = column.NullCount, NanCount = column.NanCount,
            ColumnBytes = column.ColumnBytes, HasBounds = column is { LowerBound: not null, UpperBound: not null },
        };
        if (!result.HasBounds) return result;
        result.LowerBound = ByteString.CopyFrom(column.LowerBound);
        result.UpperBound = ByteString.CopyFrom(column.UpperBound);
        return result;
    }

    private static ColumnMetrics FromEvent(Events.ColumnMetrics column) => new()
    {
        FieldId = column.FieldId,
        ValueCount = column.ValueCount,
        NullCount = column.NullCount,
        NanCount = column.NanCount,
        ColumnBytes = column.ColumnBytes,
        LowerBound = column.HasBounds ? column.LowerBound.ToByteArray() : null,
        UpperBound = column.HasBounds ? column.UpperBound.ToByteArray() : null,
    };
}
