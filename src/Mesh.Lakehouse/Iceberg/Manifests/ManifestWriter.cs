using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg.Avro;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Writes a manifest of data files (Iceberg specification, "Manifests") and keeps count for the manifest list.</summary>
internal sealed class ManifestWriter
{
    private readonly AvroFileWriter file;
    private readonly IReadOnlyList<DataType> resultTypes;
    private readonly int specId;
    private readonly PartitionRange[] ranges;
    private readonly int[] files = new int[3];
    private readonly long[] rows = new long[3];
    private long? minSequenceNumber;

    public ManifestWriter(TableMetadata metadata, PartitionSpec spec)
    {
        specId = spec.SpecId;
        resultTypes = spec.ResultTypes(metadata.CurrentSchema);
        ranges = [.. resultTypes.Select(_ => new PartitionRange())];
        file = new AvroFileWriter(ManifestSchemas.ManifestEntry(spec, resultTypes), new Dictionary<string, string>
        {
            ["schema"] = IcebergTypes.ToJson(metadata.CurrentSchema, metadata.CurrentSchemaId),
            ["schema-id"] = metadata.CurrentSchemaId.ToString(CultureInfo.InvariantCulture),
            ["partition-spec"] = SpecJson(spec),
            ["partition-spec-id"] = spec.SpecId.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = "2",
            ["content"] = "data",
        });
    }

    public void Add(ManifestEntry entry)
    {
        var record = file.Record;
        record.WriteInt((int)entry.Status);
        WriteOptional(record, entry.SnapshotId);
        WriteOptional(record, entry.SequenceNumber);
        WriteOptional(record, entry.FileSequenceNumber);
        WriteDataFile(record, entry);
        file.EndRecord();

        files[(int)entry.Status]++;
        rows[(int)entry.Status] += entry.File.RowCount;
        if (entry.Status != ManifestEntryStatus.Deleted && entry.SequenceNumber is { } sequence)
        {
            minSequenceNumber = Math.Min(minSequenceNumber ?? sequence, sequence);
        }

        for (int i = 0; i < ranges.Length; i++) ranges[i].Include(Value(entry.File, i));
    }

    /// <summary>The file's bytes and its entry for the manifest list.</summary>
    public (ReadOnlyMemory<byte> Bytes, ManifestFile Entry) Complete(string uri, long snapshotId, long sequenceNumber)
    {
        var bytes = file.Complete();
        return (bytes, new ManifestFile
        {
            Path = uri,
            Length = bytes.Length,
            PartitionSpecId = specId,
            SequenceNumber = sequenceNumber,
            MinSequenceNumber = minSequenceNumber ?? sequenceNumber,
            AddedSnapshotId = snapshotId,
            AddedFiles = files[(int)ManifestEntryStatus.Added],
            ExistingFiles = files[(int)ManifestEntryStatus.Existing],
            DeletedFiles = files[(int)ManifestEntryStatus.Deleted],
            AddedRows = rows[(int)ManifestEntryStatus.Added],
            ExistingRows = rows[(int)ManifestEntryStatus.Existing],
            DeletedRows = rows[(int)ManifestEntryStatus.Deleted],
            Partitions = [.. ranges.Select(range => range.ToSummary())],
        });
    }

    private void WriteDataFile(AvroEncoder record, ManifestEntry entry)
    {
        var data = entry.File;
        record.WriteInt(0);
        record.WriteString(data.Uri);
        record.WriteString("PARQUET");
        for (int i = 0; i < resultTypes.Count; i++) WritePartitionValue(record, Value(data, i));
        record.WriteLong(data.RowCount);
        record.WriteLong(data.FileBytes);
        WriteLongs(record, data.Columns, column => column.ColumnBytes);
        WriteLongs(record, data.Columns, column => column.ValueCount);
        WriteLongs(record, data.Columns, column => column.NullCount);
        WriteLongs(record, data.Columns, column => column.NanCount);
        WriteBounds(record, data.Columns, column => column.LowerBound);
        WriteBounds(record, data.Columns, column => column.UpperBound);
        record.WriteOptional(false);
        if (record.WriteOptional(data.SplitOffsets.Count > 0))
        {
            record.WriteLong(data.SplitOffsets.Count);
            foreach (long offset in data.SplitOffsets) record.WriteLong(offset);
            record.WriteLong(0);
        }

        record.WriteOptional(false);
        record.WriteOptional(true);
        record.WriteInt(entry.SortOrderId);
    }

    /// <summary>A partition value of the spec's type: a column that has been widened since turns int into long.</summary>
    private object? Value(DataFile data, int index) => data.Partition[index] switch
    {
        int narrow when resultTypes[index].Kind is TypeKind.Int64 or TypeKind.TimestampMicros => (long)narrow,
        var value => value,
    };

    private static void WritePartitionValue(AvroEncoder record, object? value)
    {
        if (!record.WriteOptional(value is not null)) return;
        switch (value)
        {
            case int number:
                record.WriteInt(number);
                break;
            case long number:
                record.WriteLong(number);
                break;
            default:
                record.WriteString((string)value!);
                break;
        }
    }

    private static void WriteOptional(AvroEncoder record, long? value)
    {
        if (record.WriteOptional(value is not null)) record.WriteLong(value!.Value);
    }

    private static void WriteLongs(AvroEncoder record, IReadOnlyList<ColumnMetrics> columns, Func<ColumnMetrics, long> value)
    {
        if (!record.WriteOptional(columns.Count > 0)) return;
        record.WriteLong(columns.Count);
        foreach (var column in columns)
        {
            record.WriteInt(column.FieldId);
            record.WriteLong(value(column));
        }

        record.WriteLong(0);
    }

    private static void WriteBounds(AvroEncoder record, IReadOnlyList<ColumnMetrics> columns, Func<ColumnMetrics, byte[]?> bound)
    {
        int known = columns.Count(column => bound(column) is not null);
        if (!record.WriteOptional(known > 0)) return;
        record.WriteLong(known);
        foreach (var column in columns)
        {
            if (bound(column) is not { } bytes) continue;
            record.WriteInt(column.FieldId);
            record.WriteBytes(bytes);
        }

        record.WriteLong(0);
    }

    private static string SpecJson(PartitionSpec spec)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) TableMetadataWriter.WriteSpecFields(json, spec);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Smallest and largest value of one partition field.</summary>
    private sealed class PartitionRange
    {
        private bool containsNull;
        private object? lower;
        private object? upper;

        public void Include(object? value)
        {
            if (value is null)
            {
                containsNull = true;
                return;
            }

            if (lower is null || Compare(value, lower) < 0) lower = value;
            if (upper is null || Compare(value, upper) > 0) upper = value;
        }

        public FieldSummary ToSummary() => new(containsNull, false, Serialise(lower), Serialise(upper));

        private static int Compare(object left, object right) => left is string text
            ? Encoding.UTF8.GetBytes(text).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes((string)right))
            : Convert.ToInt64(left, CultureInfo.InvariantCulture).CompareTo(Convert.ToInt64(right, CultureInfo.InvariantCulture));

        /// <summary>Single-value serialisation (Iceberg specification, appendix D).</summary>
        private static byte[]? Serialise(object? value)
        {
            switch (value)
            {
                case null:
                    return null;
                case int number:
                    byte[] four = new byte[sizeof(int)];
                    BinaryPrimitives.WriteInt32LittleEndian(four, number);
                    return four;
                case long number:
                    byte[] eight = new byte[sizeof(long)];
                    BinaryPrimitives.WriteInt64LittleEndian(eight, number);
                    return eight;
                default:
                    return Encoding.UTF8.GetBytes((string)value);
            }
        }
    }
}
