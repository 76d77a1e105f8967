using System.Globalization;
using Mesh.Lakehouse.Iceberg.Avro;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Writes and reads manifest lists (Iceberg specification, "Manifest Lists").</summary>
internal static class ManifestListFile
{
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ManifestFile> manifests, long snapshotId, long? parentSnapshotId, long sequenceNumber)
    {
        var file = new AvroFileWriter(ManifestSchemas.ManifestList, new Dictionary<string, string>
        {
            ["snapshot-id"] = snapshotId.ToString(CultureInfo.InvariantCulture),
            ["parent-snapshot-id"] = parentSnapshotId?.ToString(CultureInfo.InvariantCulture) ?? "null",
            ["sequence-number"] = sequenceNumber.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = "2",
        });
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
            record.WriteInt(manifest.AddedFiles);
            record.WriteInt(manifest.ExistingFiles);
            record.WriteInt(manifest.DeletedFiles);
            record.WriteLong(manifest.AddedRows);
            record.WriteLong(manifest.ExistingRows);
            record.WriteLong(manifest.DeletedRows);
            WritePartitions(record, manifest.Partitions);
            record.WriteOptional(false);
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
            Length = Long(record, 501),
            PartitionSpecId = Int(record, 502),
            Content = Int(record, 517),
            SequenceNumber = Long(record, 515),
            MinSequenceNumber = Long(record, 516),
            AddedSnapshotId = Long(record, 503),
            AddedFiles = Int(record, 504),
            ExistingFiles = Int(record, 505),
            DeletedFiles = Int(record, 506),
            AddedRows = Long(record, 512),
            ExistingRows = Long(record, 513),
            DeletedRows = Long(record, 514),
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

    private static long Long(AvroValue record, int fieldId) => record[fieldId] as long? ?? 0;

    private static int Int(AvroValue record, int fieldId) => record[fieldId] as int? ?? 0;
}
