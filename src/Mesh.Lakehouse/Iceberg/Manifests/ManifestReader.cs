using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg.Avro;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Reads manifests of data files, whoever wrote them: fields are found by id.</summary>
internal static class ManifestReader
{
    /// <param name="bytes">The manifest.</param>
    /// <param name="manifest">Its entry in the list, from which sequence numbers are inherited.</param>
    /// <param name="partitionFieldIds">Ids of the spec's fields, in order.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8120</c> when it is damaged.</exception>
    public static IReadOnlyList<ManifestEntry> Read(ReadOnlyMemory<byte> bytes, ManifestFile manifest, IReadOnlyList<int> partitionFieldIds)
    {
        var entries = new List<ManifestEntry>();
        AvroFile.Read(bytes, manifest.Path, record => entries.Add(ReadEntry(record, manifest, partitionFieldIds)));
        return entries;
    }

    private static ManifestEntry ReadEntry(AvroValue record, ManifestFile manifest, IReadOnlyList<int> partitionFieldIds)
    {
        string source = manifest.Path;
        int status = Required<int>(record, 0, source);
        if (status is < 0 or > 2) throw AvroFault.At(source, $"an entry has the unknown status {status}");

        // Only added files inherit: the manifest's numbers are known once it is committed (specification, "Sequence Number Inheritance").
        bool inherits = status == (int)ManifestEntryStatus.Added;
        long? sequence = record[3] as long? ?? (inherits ? manifest.SequenceNumber : null);
        long? fileSequence = record[4] as long? ?? (inherits ? manifest.SequenceNumber : null);
        long snapshot = record[1] as long? ?? manifest.AddedSnapshotId;
        var data = Required<AvroValue>(record, 2, source);
        return new ManifestEntry((ManifestEntryStatus)status, snapshot, sequence, fileSequence, data[140] as int? ?? 0, ReadDataFile(data, source, partitionFieldIds));
    }

    private static DataFile ReadDataFile(AvroValue data, string source, IReadOnlyList<int> partitionFieldIds)
    {
        if (data[134] is int and not 0) throw AvroFault.At(source, "it lists delete files, which are not supported");
        var partition = Required<AvroValue>(data, 102, source);
        object?[] values = new object?[partitionFieldIds.Count];
        for (int i = 0; i < values.Length; i++) values[i] = partition[partitionFieldIds[i]];
        return new DataFile
        {
            Uri = Required<string>(data, 100, source),
            RowCount = Required<long>(data, 103, source),
            FileBytes = Required<long>(data, 104, source),
            Partition = values,
            Columns = ReadColumns(data),
            SplitOffsets = data[132] is List<object?> offsets ? [.. offsets.OfType<long>()] : [],
        };
    }

    private static List<ColumnMetrics> ReadColumns(AvroValue data)
    {
        var sizes = Map<long>(data, 108, 117, 118);
        var counts = Map<long>(data, 109, 119, 120);
        var nulls = Map<long>(data, 110, 121, 122);
        var nans = Map<long>(data, 137, 138, 139);
        var lower = Map<byte[]>(data, 125, 126, 127);
        var upper = Map<byte[]>(data, 128, 129, 130);
        var columns = new List<ColumnMetrics>(counts.Count);
        foreach (var (id, count) in counts)
        {
            columns.Add(new ColumnMetrics
            {
                FieldId = id,
                ValueCount = count,
                NullCount = nulls.GetValueOrDefault(id),
                NanCount = nans.GetValueOrDefault(id),
                ColumnBytes = sizes.GetValueOrDefault(id),
                LowerBound = lower.GetValueOrDefault(id),
                UpperBound = upper.GetValueOrDefault(id),
            });
        }

        return columns;
    }

    private static Dictionary<int, T> Map<T>(AvroValue data, int fieldId, int keyId, int valueId)
    {
        var map = new Dictionary<int, T>();
        if (data[fieldId] is not List<object?> pairs) return map;
        foreach (object? pair in pairs)
        {
            if (pair is AvroValue entry && entry[keyId] is int key && entry[valueId] is T value) map[key] = value;
        }

        return map;
    }

    private static T Required<T>(AvroValue record, int fieldId, string source) =>
        record[fieldId] is T value ? value : throw AvroFault.At(source, $"an entry lacks field {fieldId}");
}
