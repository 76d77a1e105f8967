using System.Globalization;
using Mesh.Lakehouse.Iceberg.Avro;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Writes and reads manifest lists (Iceberg specification, "Manifest Lists").</summary>
internal static class ManifestListFile
{
    public static ReadOnlyMemory<byte> Write(
        IReadOnlyList<ManifestFile> manifests, long snapshotId, long? parentSnapshotId, long sequenceNumber, int formatVersion = 2, long? firstRowId = null)
    {
        var metadata = new Dictionary<string, string>
        {
            ["snapshot-id"] = snapshotId.ToString(CultureInfo.InvariantCulture),
            ["parent-snapshot-id"] = parentSnapshotId?.ToString(CultureInfo.InvariantCulture) ?? "null",
            ["sequence-number"] = sequenceNumber.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = formatVersion.ToString(CultureInfo.InvariantCulture),
        };
        if (firstRowId is not null) metadata["first-row-id"] = firstRowId.Value.ToString(CultureInfo.InvariantCulture);
        var file = new AvroFileWriter(ManifestSchemas.ManifestList(formatVersion), metadata);
        var record = file.Record;
        foreach (var manifest in manifests)
        {
            record.WriteString(manifest.Path);
            record.WriteLong(manifest.Length);
            record.WriteInt(manifest.PartitionSpecId);
            record.WriteInt(manifest.Content);
            record.WriteLong(manifest.SequenceNumber);
            record.WriteLong(manifest.MinSequenceNumber);
            record.WriteLong(manifest.AddedSnapshotId);
            record.WriteInt(Math.Max(0, manifest.AddedFiles));
            record.WriteInt(Math.Max(0, manifest.ExistingFiles));
            record.WriteInt(Math.Max(0, manifest.DeletedFiles));
            record.WriteLong(Math.Max(0, manifest.AddedRows));
            record.WriteLong(Math.Max(0, manifest.ExistingRows));
            record.WriteLong(Math.Max(0, manifest.DeletedRows));
            WritePartitions(record, manifest.Partitions);
            if (record.WriteOptional(manifest.KeyMetadata is not null)) record.WriteBytes(manifest.KeyMetadata);
            if (formatVersion >= 3 && record.WriteOptional(manifest.FirstRowId is not null)) record.WriteLong(manifest.FirstRowId!.Value);
            file.EndRecord();
        }

        return file.Complete();
    }

    /// <exception cref="Mesh.Model.MeshException"><c>MESH8120</c> when it is damaged.</exception>
    public static IReadOnlyList<ManifestFile> Read(ReadOnlyMemory<byte> bytes, string source)
    {
        var manifests = new List<ManifestFile>();
        AvroFile.Read(bytes, source, record => manifests.Add(new ManifestFile
        {
            Path = record[500] as string ?? throw AvroFault.At(source, "an entry lacks the manifest's path"),
            Length = Long(record, 501, 0),
            PartitionSpecId = (int)Long(record, 502, 0),
            Content = (int)Long(record, 517, 0),
            SequenceNumber = Long(record, 515, 0),
            MinSequenceNumber = Long(record, 516, 0),
            AddedSnapshotId = Long(record, 503, 0),
            AddedFiles = (int)Long(record, 504, -1),
            ExistingFiles = (int)Long(record, 505, -1),
            DeletedFiles = (int)Long(record, 506, -1),
            AddedRows = Long(record, 512, -1),
            ExistingRows = Long(record, 513, -1),
            DeletedRows = Long(record, 514, -1),
            KeyMetadata = record[519] as byte[],
            FirstRowId = record[520] as long?,
            Partitions = record[507] is List<object?> summaries
                ? [.. summaries.OfType<AvroValue>().Select(value =>
                    new FieldSummary(value[509] is true, value[518] as bool?, value[510] as byte[], value[511] as byte[]))]
                : [],
        }));
        return manifests;
    }

    private static void WritePartitions(AvroEncoder record, IReadOnlyList<FieldSummary> partitions)
    {
        record.WriteOptional(true);
        if (partitions.Count > 0) record.WriteLong(partitions.Count);
        foreach (var summary in partitions)
        {
            record.WriteBoolean(summary.ContainsNull);
            if (record.WriteOptional(summary.ContainsNan is not null)) record.WriteBoolean(summary.ContainsNan!.Value);
            if (record.WriteOptional(summary.LowerBound is not null)) record.WriteBytes(summary.LowerBound);
            if (record.WriteOptional(summary.UpperBound is not null)) record.WriteBytes(summary.UpperBound);
        }

        record.WriteLong(0);
    }

    private static long Long(AvroValue record, int fieldId, long absent) => record[fieldId] switch
    {
        int number => number,
        long number => number,
        _ => absent,
    };
}
