using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg.Avro;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Writes a manifest of data files or of delete files (Iceberg specification, "Manifests") and keeps count for the manifest list.</summary>
internal sealed class ManifestWriter
{
    private readonly AvroFileWriter file;
    private readonly PartitionLayout layout;
    private readonly bool isDeletes;
    private readonly int formatVersion;
    private readonly int defaultSortOrderId;
    private readonly PartitionRange[] ranges;
    private readonly int[] files = new int[3];
    private readonly long[] rows = new long[3];
    private long? minSequenceNumber;

    /// <param name="metadata">The table.</param>
    /// <param name="layout">Spec of all its files.</param>
    /// <param name="isDeletes">Whether it lists delete files; a manifest has one kind only.</param>
    public ManifestWriter(TableMetadata metadata, PartitionLayout layout, bool isDeletes = false)
    {
        this.layout = layout;
        this.isDeletes = isDeletes;
        formatVersion = metadata.FormatVersion;
        defaultSortOrderId = metadata.DefaultSortOrderId;
        ranges = [.. layout.Types.Select(_ => new PartitionRange())];
        file = new AvroFileWriter(ManifestSchemas.ManifestEntry(layout, formatVersion), new Dictionary<string, string>
        {
            ["schema"] = IcebergTypes.ToJson(metadata.CurrentSchema, metadata.CurrentSchemaId),
            ["schema-id"] = metadata.CurrentSchemaId.ToString(CultureInfo.InvariantCulture),
            ["partition-spec"] = SpecJson(layout.Spec),
            ["partition-spec-id"] = layout.Spec.SpecId.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = formatVersion.ToString(CultureInfo.InvariantCulture),
            ["content"] = isDeletes ? "deletes" : "data",
        });
    }

    /// <summary>Entries added so far.</summary>
    public int Count => files[0] + files[1] + files[2];

    /// <summary>Bytes written so far, the open block not compressed.</summary>
    public long EstimatedBytes => file.WrittenBytes;

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
            PartitionSpecId = layout.Spec.SpecId,
            Content = isDeletes ? 1 : 0,
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
        record.WriteInt((int)data.Content);
        record.WriteString(data.Uri);
        record.WriteString(data.Format);
        for (int i = 0; i < ranges.Length; i++) WritePartitionValue(record, Value(data, i), layout.Types[i]);
        record.WriteLong(data.RowCount);
        record.WriteLong(data.FileBytes);
        WriteLongs(record, data.Columns, static column => column.ColumnBytes);
        WriteLongs(record, data.Columns, static column => column.ValueCount);
        WriteLongs(record, data.Columns, static column => column.NullCount);
        WriteLongs(record, data.Columns, static column => column.NanCount);
        WriteBounds(record, data.Columns, static column => column.LowerBound);
        WriteBounds(record, data.Columns, static column => column.UpperBound);
        if (record.WriteOptional(data.KeyMetadata is not null)) record.WriteBytes(data.KeyMetadata);
        if (record.WriteOptional(data.SplitOffsets.Count > 0))
        {
            record.WriteLong(data.SplitOffsets.Count);
            for (int i = 0; i < data.SplitOffsets.Count; i++) record.WriteLong(data.SplitOffsets[i]);
            record.WriteLong(0);
        }

        if (record.WriteOptional(data.Content == DataFileContent.EqualityDeletes))
        {
            if (data.EqualityFieldIds.Count > 0) record.WriteLong(data.EqualityFieldIds.Count);
            for (int i = 0; i < data.EqualityFieldIds.Count; i++) record.WriteInt(data.EqualityFieldIds[i]);
            record.WriteLong(0);
        }

        // Position deletes are sorted by file and position, which is no order of the table's.
        int? sortOrder = data.Content == DataFileContent.PositionDeletes ? null
            : data.SortOrderId ?? (entry.Status == ManifestEntryStatus.Added && data.Content == DataFileContent.Data ? defaultSortOrderId : null);
        WriteOptional(record, sortOrder);
        if (formatVersion >= 3) WriteOptional(record, data.FirstRowId);
        if (record.WriteOptional(data.ReferencedDataFile is not null)) record.WriteString(data.ReferencedDataFile!);
        if (formatVersion < 3) return;
        WriteOptional(record, data.ContentOffset);
        WriteOptional(record, data.ContentBytes);
    }

    /// <summary>A partition value of the spec's type: a column that has been widened since turns int into long.</summary>
    private object? Value(DataFile data, int index) => SingleValues.Widen(data.Partition[index], layout.Types[index]);

    private static void WritePartitionValue(AvroEncoder record, object? value, DataType type)
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
            case string text:
                record.WriteString(text);
                break;
            case byte[] bytes when type.Kind == TypeKind.Binary:
                record.WriteBytes(bytes);
                break;
            case decimal number:
                Span<byte> digits = stackalloc byte[16];
                System.Buffers.Binary.BinaryPrimitives.WriteInt128BigEndian(digits, (Int128)SingleValues.Unscaled(number));
                record.WriteRaw(digits[^ManifestSchemas.DecimalBytes(((DecimalType)type).Precision)..]);
                break;
            default:
                // Booleans, floating-point numbers, UUIDs and byte strings of one length have the bytes of their single-value form.
                record.WriteRaw(SingleValues.Encode(value!));
                break;
        }
    }

    private static void WriteOptional(AvroEncoder record, long? value)
    {
        if (record.WriteOptional(value is not null)) record.WriteLong(value!.Value);
    }

    /// <summary>A metric of the columns for which it is known.</summary>
    private static void WriteLongs(AvroEncoder record, IReadOnlyList<ColumnMetrics> columns, Func<ColumnMetrics, long> value)
    {
        int known = 0;
        for (int i = 0; i < columns.Count; i++) known += value(columns[i]) >= 0 ? 1 : 0;
        if (!record.WriteOptional(known > 0)) return;
        record.WriteLong(known);
        for (int i = 0; i < columns.Count; i++)
        {
            if (value(columns[i]) is not (>= 0 and var number)) continue;
            record.WriteInt(columns[i].FieldId);
            record.WriteLong(number);
        }

        record.WriteLong(0);
    }

    private static void WriteBounds(AvroEncoder record, IReadOnlyList<ColumnMetrics> columns, Func<ColumnMetrics, byte[]?> bound)
    {
        int known = 0;
        for (int i = 0; i < columns.Count; i++) known += bound(columns[i]) is not null ? 1 : 0;
        if (!record.WriteOptional(known > 0)) return;
        record.WriteLong(known);
        for (int i = 0; i < columns.Count; i++)
        {
            if (bound(columns[i]) is not { } bytes) continue;
            record.WriteInt(columns[i].FieldId);
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
        private bool containsNan;
        private object? lower;
        private object? upper;

        public void Include(object? value)
        {
            switch (value)
            {
                case null:
                    containsNull = true;
                    return;
                case float.NaN or double.NaN:
                    containsNan = true;
                    return;
            }

            if (lower is null || SingleValues.Compare(value, lower) < 0) lower = value;
            if (upper is null || SingleValues.Compare(value, upper) > 0) upper = value;
        }

        public FieldSummary ToSummary() => new(containsNull, containsNan, lower is null ? null : SingleValues.Encode(lower), upper is null ? null : SingleValues.Encode(upper));
    }
}
