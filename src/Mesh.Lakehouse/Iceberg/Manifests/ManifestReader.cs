using System.Numerics;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg.Avro;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>
/// Reads manifests of data and delete files, whoever wrote them and in whichever format version: fields are found by id, and what is not
/// asked for is passed over without an object.
/// </summary>
internal sealed class ManifestReader
{
    private readonly ManifestFile manifest;
    private readonly PartitionLayout layout;
    private readonly MetricsReader? metrics;
    private readonly Dictionary<AvroRecord, int[]> partitionPlaces = [];

    private ManifestReader(ManifestFile manifest, PartitionLayout layout, Func<int, bool>? metricsOf)
    {
        this.manifest = manifest;
        this.layout = layout;
        metrics = metricsOf is null ? null : new MetricsReader(metricsOf);
    }

    /// <param name="bytes">The manifest.</param>
    /// <param name="manifest">Its entry in the list, from which sequence numbers are inherited.</param>
    /// <param name="layout">Its partition spec.</param>
    /// <param name="metricsOf">Columns whose metrics are wanted, by field id; null for none.</param>
    /// <exception cref="MeshException"><c>MESH8120</c> when it is damaged.</exception>
    public static List<ManifestEntry> Read(ReadOnlyMemory<byte> bytes, ManifestFile manifest, PartitionLayout layout, Func<int, bool>? metricsOf)
    {
        var entries = new List<ManifestEntry>(Math.Clamp(manifest.AddedFiles + manifest.ExistingFiles + manifest.DeletedFiles, 0, 1 << 16));
        Visit(bytes, manifest, layout, metricsOf, entries.Add);
        return entries;
    }

    /// <summary>Reads entry by entry, keeping none.</summary>
    /// <inheritdoc cref="Read"/>
    public static void Visit(ReadOnlyMemory<byte> bytes, ManifestFile manifest, PartitionLayout layout, Func<int, bool>? metricsOf, Action<ManifestEntry> onEntry)
    {
        var reader = new ManifestReader(manifest, layout, metricsOf);
        long firstRowId = manifest.FirstRowId ?? -1;
        AvroFile.Read(bytes, manifest.Path, (ref AvroDecoder decoder, AvroRecord type) =>
        {
            var entry = reader.ReadEntry(ref decoder, type);

            // Files without a row id take theirs in the order of the manifest (specification, "First Row ID Inheritance").
            if (firstRowId >= 0 && entry.Status != ManifestEntryStatus.Deleted && entry.File.FirstRowId is null)
            {
                entry = entry with { File = entry.File with { FirstRowId = firstRowId } };
                firstRowId += entry.File.RowCount;
            }

            onEntry(entry);
        });
    }

    private ManifestEntry ReadEntry(ref AvroDecoder decoder, AvroRecord type)
    {
        long? status = null, snapshot = null, sequence = null, fileSequence = null;
        DataFile? file = null;
        for (int i = 0; i < type.Fields.Count; i++)
        {
            var field = type.Fields[i].Type;
            switch (type.IdAt(i))
            {
                case 0:
                    status = decoder.ReadNumber(field);
                    break;
                case 1:
                    snapshot = decoder.ReadNumber(field);
                    break;
                case 3:
                    sequence = decoder.ReadNumber(field);
                    break;
                case 4:
                    fileSequence = decoder.ReadNumber(field);
                    break;
                case 2 when decoder.TryEnter(field, out var present):
                    file = ReadFile(ref decoder, present as AvroRecord ?? throw Fault("an entry's file is not a record"));
                    break;
                case 2:
                    break;
                default:
                    decoder.Skip(field);
                    break;
            }
        }

        if (status is not (>= 0 and <= 2)) throw Fault($"an entry has the unknown status {status}");
        if (file is null) throw Fault("an entry lacks its file");

        // Only added files inherit: the manifest's numbers are known once it is committed (specification, "Sequence Number Inheritance").
        // Manifests of version 1 have no numbers; all their files count as older than any delete.
        long? inherited = status == (int)ManifestEntryStatus.Added || manifest.SequenceNumber == 0 ? manifest.SequenceNumber : null;
        return new ManifestEntry((ManifestEntryStatus)status, snapshot ?? manifest.AddedSnapshotId, sequence ?? inherited, fileSequence ?? inherited, file);
    }

    private DataFile ReadFile(ref AvroDecoder decoder, AvroRecord type)
    {
        string? uri = null, format = null, referenced = null;
        long? content = null, rows = null, bytes = null, sortOrder = null, contentOffset = null, contentBytes = null, firstRowId = null;
        IReadOnlyList<object?>? partition = null;
        byte[]? key = null;
        long[] offsets = [];
        int[] equality = [];
        metrics?.Clear();
        for (int i = 0; i < type.Fields.Count; i++)
        {
            var field = type.Fields[i].Type;
            int id = type.IdAt(i);
            switch (id)
            {
                case 134:
                    content = decoder.ReadNumber(field);
                    break;
                case 100:
                    uri = decoder.ReadText(field);
                    break;
                case 101:
                    format = decoder.ReadText(field);
                    break;
                case 102 when decoder.TryEnter(field, out var present):
                    partition = ReadPartition(ref decoder, present as AvroRecord ?? throw Fault("an entry's partition is not a record"));
                    break;
                case 102:
                    break;
                case 103:
                    rows = decoder.ReadNumber(field);
                    break;
                case 104:
                    bytes = decoder.ReadNumber(field);
                    break;
                case 131:
                    key = decoder.ReadBinary(field);
                    break;
                case 132:
                    offsets = ReadNumbers(ref decoder, field);
                    break;
                case 135:
                    equality = Array.ConvertAll(ReadNumbers(ref decoder, field), static number => (int)number);
                    break;
                case 140:
                    sortOrder = decoder.ReadNumber(field);
                    break;
                case 142:
                    firstRowId = decoder.ReadNumber(field);
                    break;
                case 143:
                    referenced = decoder.ReadText(field);
                    break;
                case 144:
                    contentOffset = decoder.ReadNumber(field);
                    break;
                case 145:
                    contentBytes = decoder.ReadNumber(field);
                    break;
                default:
                    if (metrics is null || !metrics.TryRead(ref decoder, id, field)) decoder.Skip(field);
                    break;
            }
        }

        if (content is not (null or >= 0 and <= 2)) throw Fault($"a file has the unknown content {content}");
        return new DataFile
        {
            Uri = uri ?? throw Fault("a file lacks its path"),
            Content = (DataFileContent)(content ?? 0),
            Format = format is null or "parquet" or "PARQUET" ? "PARQUET" : format.ToUpperInvariant(),
            RowCount = rows ?? throw Fault("a file lacks its number of rows"),
            FileBytes = bytes ?? throw Fault("a file lacks its size"),
            Partition = partition ?? throw Fault("a file lacks its partition"),
            Columns = metrics?.ToColumns() ?? [],
            SplitOffsets = offsets,
            EqualityFieldIds = equality,
            SortOrderId = (int?)sortOrder,
            ReferencedDataFile = referenced,
            KeyMetadata = key,
            ContentOffset = contentOffset,
            ContentBytes = contentBytes,
            FirstRowId = firstRowId,
        };
    }

    private object?[] ReadPartition(ref AvroDecoder decoder, AvroRecord type)
    {
        if (layout.Types.Count == 0 && type.Fields.Count == 0) return [];
        if (!partitionPlaces.TryGetValue(type, out int[]? places))
        {
            places = [.. Enumerable.Range(0, type.Fields.Count).Select(i => IndexOf(type.IdAt(i)))];
            partitionPlaces.Add(type, places);
        }

        object?[] values = new object?[layout.Types.Count];
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0) values[places[i]] = ToValue(decoder.ReadValue(type.Fields[i].Type), layout.Types[places[i]]);
            else decoder.Skip(type.Fields[i].Type);
        }

        return values;
    }

    private int IndexOf(int fieldId)
    {
        for (int i = 0; i < layout.Spec.Fields.Count; i++)
        {
            if (layout.Spec.Fields[i].FieldId == fieldId) return i;
        }

        return -1;
    }

    /// <summary>A decoded Avro value as the partition value it stands for.</summary>
    private object? ToValue(object? value, DataType type)
    {
        object? converted = (value, type.Kind) switch
        {
            (null, _) => null,
            (byte[] bytes, TypeKind.Decimal128) => SingleValues.ToDecimal(new BigInteger(bytes, isBigEndian: true), ((DecimalType)type).Scale),
            (byte[] { Length: 16 } bytes, TypeKind.Uuid) => new Guid(bytes, bigEndian: true),
            (string text, TypeKind.Uuid) => Guid.TryParse(text, out var id) ? id : null,
            _ => SingleValues.Widen(value, type),
        };
        if (value is not null && (converted is null || !SingleValues.Fits(converted, type))) throw Fault($"a partition value is no {IcebergTypes.ToText(type)}");
        return converted;
    }

    private static long[] ReadNumbers(ref AvroDecoder decoder, AvroType type)
    {
        if (!decoder.TryEnter(type, out var present) || present is not AvroArray array) return [];
        var numbers = new List<long>();
        for (long count = decoder.ReadBlockCount(); count > 0; count = decoder.ReadBlockCount())
        {
            for (; count > 0; count--) numbers.Add(decoder.ReadNumber(array.Items) ?? 0);
        }

        return [.. numbers];
    }

    private MeshException Fault(string what) => AvroFault.At(manifest.Path, what);
}
