using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class ManifestTests
{
    private static readonly (DataType Type, object Value)[] Partition =
    [
        (DataType.Boolean, true), (DataType.Int32, -7), (DataType.Int64, 1L << 40), (DataType.Float32, 1.5f), (DataType.Float64, -2.25), (new DecimalType(20, 3), -12345.678m),
        (DataType.Date32, 20_000), (DataType.TimeMicros, 3_600_000_000L), (DataType.TimestampMicros, -1L), (DataType.LocalTimestampMicros, 5L), (DataType.TimestampNanos, 6L),
        (DataType.LocalTimestampNanos, 7L), (DataType.Utf8, "ü"), (DataType.Uuid, Guid.Parse("f79c3e09-677c-4bbd-a479-3f349cb785e7")),
        (new FixedBinaryType(3), new byte[] { 1, 2, 3 }), (DataType.Binary, new byte[] { 9 }),
    ];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Everything_about_a_file_comes_back_with_partition_values_of_every_type(int formatVersion)
    {
        var (metadata, layout) = Table(formatVersion);
        var file = new DataFile
        {
            Uri = "file:///lake/a.parquet", RowCount = 12, FileBytes = 345, Partition = [.. Partition.Select(entry => entry.Value)], SplitOffsets = [4, 100],
            SortOrderId = 3, KeyMetadata = [1, 2],
            Columns =
            [
                new ColumnMetrics { FieldId = 2, ValueCount = 12, NullCount = 1, NanCount = -1, ColumnBytes = 50, LowerBound = [1, 0, 0, 0], UpperBound = [2, 0, 0, 0] },
                new ColumnMetrics { FieldId = 4, ValueCount = 12, NullCount = 2, NanCount = 3, ColumnBytes = 60 },
            ],
        };
        var nothing = file with { Uri = "file:///lake/b.parquet", Partition = new object?[Partition.Length], Columns = [], SplitOffsets = [], KeyMetadata = null };
        var writer = new ManifestWriter(metadata, layout);
        writer.Add(new ManifestEntry(ManifestEntryStatus.Added, 77, null, null, file));
        writer.Add(new ManifestEntry(ManifestEntryStatus.Existing, 66, 4, 5, nothing));
        var (bytes, manifest) = writer.Complete("file:///lake/m.avro", 77, 9);

        var entries = ManifestReader.Read(bytes, manifest, layout, static _ => true);
        entries.Select(entry => (entry.Status, entry.SnapshotId, entry.SequenceNumber, entry.FileSequenceNumber)).ShouldBe(
            [(ManifestEntryStatus.Added, 77L, 9L, 9L), (ManifestEntryStatus.Existing, 66L, 4L, 5L)]);
        var read = entries[0].File;
        SingleValues.AreEqual(read.Partition, file.Partition).ShouldBeTrue();
        read.SplitOffsets.ShouldBe([4, 100]);
        read.SortOrderId.ShouldBe(3);
        read.KeyMetadata.ShouldBe([1, 2]);
        read.Columns.Select(column => (column.FieldId, column.ValueCount, column.NullCount, column.NanCount, column.ColumnBytes)).ShouldBe([(2, 12L, 1L, -1L, 50L), (4, 12L, 2L, 3L, 60L)]);
        read.Columns[0].LowerBound.ShouldBe([1, 0, 0, 0]);
        read.Columns[1].UpperBound.ShouldBeNull();
        entries[1].File.Partition.ShouldAllBe(value => value == null);
        manifest.MinSequenceNumber.ShouldBe(4);
        manifest.Partitions.ShouldAllBe(summary => summary.ContainsNull && summary.ContainsNan == false);
        for (int i = 0; i < Partition.Length; i++) SingleValues.Decode(manifest.Partitions[i].LowerBound, layout.Types[i]).ShouldBe(Partition[i].Value);
        ManifestReader.Read(bytes, manifest, layout, null)[0].File.Columns.ShouldBeEmpty("none were asked for");
    }

    [Fact]
    public void Delete_files_keep_what_readers_need_of_them()
    {
        var (metadata, _) = Table(2);
        var layout = PartitionLayout.Of(metadata, new PartitionSpec(9, []));
        var positions = new DataFile
        {
            Uri = "file:///lake/p.parquet", Content = DataFileContent.PositionDeletes, RowCount = 3, FileBytes = 10, Partition = [], ReferencedDataFile = "file:///lake/a.parquet",
        };
        var equality = positions with { Uri = "file:///lake/e.parquet", Content = DataFileContent.EqualityDeletes, ReferencedDataFile = null, EqualityFieldIds = [2, 13] };
        var writer = new ManifestWriter(metadata, layout, isDeletes: true);
        writer.Add(new ManifestEntry(ManifestEntryStatus.Added, 1, null, null, positions));
        writer.Add(new ManifestEntry(ManifestEntryStatus.Added, 1, null, null, equality));
        var (bytes, manifest) = writer.Complete("file:///lake/d.avro", 1, 2);
        manifest.Content.ShouldBe(1);

        byte[] list = ManifestListFile.Write([manifest], 1, null, 2).ToArray();
        var listed = ManifestListFile.Read(list, "list").ShouldHaveSingleItem();
        (listed.Content, listed.AddedFiles, listed.AddedRows, listed.PartitionSpecId).ShouldBe((1, 2, 6L, 9));
        var read = ManifestReader.Read(bytes, listed, layout, null).ConvertAll(entry => entry.File);
        read[0].Content.ShouldBe(DataFileContent.PositionDeletes);
        read[0].ReferencedDataFile.ShouldBe("file:///lake/a.parquet");
        read[1].EqualityFieldIds.ShouldBe([2, 13]);
    }

    [Fact]
    public void Deletes_apply_by_file_by_partition_and_by_age()
    {
        DataFile Delete(string uri, DataFileContent content, object? partition, string? only = null) => new()
        {
            Uri = uri, Content = content, RowCount = 1, FileBytes = 1, Partition = partition is null ? [] : [partition], ReferencedDataFile = only,
        };

        var index = new DeleteIndex();
        index.Add(Delete("own", DataFileContent.PositionDeletes, 1, "a"), 5, 0, 1);
        index.Add(Delete("shared", DataFileContent.PositionDeletes, 1), 5, 0, 1);
        index.Add(Delete("keys", DataFileContent.EqualityDeletes, 1), 5, 0, 1);
        index.Add(Delete("keys everywhere", DataFileContent.EqualityDeletes, null), 5, 7, 0);
        IEnumerable<string> Of(string uri, int partition, long sequence, int spec = 0) =>
            index.Find(Delete(uri, DataFileContent.Data, partition), sequence, spec).Select(file => file.Uri);

        Of("a", 1, 4).ShouldBe(["own", "shared", "keys", "keys everywhere"]);
        Of("a", 1, 5).ShouldBe(["own", "shared"], "equality deletes spare rows of their own commit");
        Of("a", 1, 6).ShouldBeEmpty();
        Of("b", 1, 4).ShouldBe(["shared", "keys", "keys everywhere"]);
        Of("b", 2, 4).ShouldBe(["keys everywhere"]);
        Of("b", 1, 4, spec: 3).ShouldBe(["keys everywhere"], "the same values of another spec are another partition");
    }

    private static (TableMetadata Metadata, PartitionLayout Layout) Table(int formatVersion)
    {
        var schema = new Schema([.. Partition.Select((entry, index) => new Field($"c{index}", entry.Type, true, index + 1))]);
        var spec = new PartitionSpec(0, [.. Partition.Select((entry, index) => new PartitionSpecField(index + 1, 1000 + index, $"c{index}", PartitionTransform.Identity, 0))]);
        var metadata = new TableMetadata
        {
            FormatVersion = formatVersion, TableUuid = Guid.NewGuid(), Location = "file:///lake", LastUpdatedMs = 0, LastColumnId = Partition.Length,
            Schemas = [new TableSchema(0, schema)], CurrentSchemaId = 0, PartitionSpecs = [spec], DefaultSpecId = 0, LastPartitionId = 1000 + Partition.Length,
            SortOrders = [new SortOrder(0, Array.Empty<int>())], DefaultSortOrderId = 0,
        };
        return (metadata, PartitionLayout.Of(metadata, spec));
    }
}
