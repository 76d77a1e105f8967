using System.Text;
using System.Text.Json.Nodes;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class TableMetadataTests
{
    private const string Schema = """{"type":"struct","schema-id":4,"identifier-field-ids":[1],"fields":[{"id":1,"name":"x","required":true,"type":"long"},{"id":2,"name":"y","required":false,"type":"string"}]}""";

    private const string Version3 = $$$"""
        {
          "format-version": 3, "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1", "location": "s3://bucket/t", "last-sequence-number": 7,
          "last-updated-ms": 1700000000123, "last-column-id": 2, "current-schema-id": 4, "schemas": [{{{Schema}}}],
          "default-spec-id": 1, "partition-specs": [{"spec-id":0,"fields":[]},{"spec-id":1,"fields":[{"source-id":1,"field-id":1000,"name":"x_bucket","transform":"bucket[8]"}]}],
          "last-partition-id": 1000, "default-sort-order-id": 2,
          "sort-orders": [{"order-id":0,"fields":[]},{"order-id":2,"fields":[{"transform":"truncate[4]","source-id":2,"direction":"desc","null-order":"nulls-first"},{"transform":"identity","source-id":1,"direction":"asc","null-order":"nulls-last"}]}],
          "properties": {"owner":"me"}, "current-snapshot-id": 20,
          "refs": {"main":{"snapshot-id":20,"type":"branch","max-snapshot-age-ms":1000,"min-snapshots-to-keep":3},"audit":{"snapshot-id":10,"type":"tag","max-ref-age-ms":99}},
          "snapshots": [
            {"sequence-number":6,"snapshot-id":10,"timestamp-ms":1700000000000,"summary":{"operation":"append"},"manifest-list":"s3://bucket/t/metadata/a.avro","schema-id":4,"first-row-id":0,"added-rows":5},
            {"sequence-number":7,"snapshot-id":20,"parent-snapshot-id":10,"timestamp-ms":1700000000100,"summary":{"operation":"append","added-records":"5"},"manifest-list":"s3://bucket/t/metadata/b.avro","schema-id":4,"first-row-id":5,"added-rows":5,"key-id":"k1"}],
          "snapshot-log": [{"timestamp-ms":1700000000000,"snapshot-id":10}], "metadata-log": [{"timestamp-ms":1700000000000,"metadata-file":"s3://bucket/t/metadata/0.json"}],
          "statistics": [{"snapshot-id":20,"statistics-path":"s3://bucket/t/metadata/s.puffin","file-size-in-bytes":413,"file-footer-size-in-bytes":42,"blob-metadata":[{"type":"ndv","snapshot-id":20,"sequence-number":7,"fields":[1],"properties":{"ndv":"3"}}]}],
          "partition-statistics": [{"snapshot-id":20,"statistics-path":"s3://bucket/t/metadata/p.parquet","file-size-in-bytes":43}],
          "next-row-id": 10, "encryption-keys": [{"key-id":"k1","encrypted-key-metadata":"QUJD","encrypted-by-id":"kms"}],
          "somebody-elses-field": {"kept": [1, true, null]}
        }
        """;

    [Fact]
    public void What_another_engine_wrote_is_written_back_unchanged()
    {
        var written = JsonNode.Parse(TableMetadataWriter.Write(Read(Version3)).Span);
        JsonNode.DeepEquals(written, JsonNode.Parse(Version3)).ShouldBeTrue($"written: {written}");
    }

    [Fact]
    public void Moving_the_current_snapshot_moves_main_and_keeps_its_retention_and_the_other_references()
    {
        var moved = Read(Version3) with { CurrentSnapshotId = 10 };
        moved.Refs["main"].ShouldBe(new SnapshotRef(10, SnapshotRefType.Branch) { MaxSnapshotAgeMs = 1000, MinSnapshotsToKeep = 3 });
        moved.Refs["audit"].ShouldBe(new SnapshotRef(10, SnapshotRefType.Tag) { MaxRefAgeMs = 99 });
        moved.CurrentSnapshot!.SequenceNumber.ShouldBe(6);
        (moved with { CurrentSnapshotId = null }).Refs.Keys.ShouldBe(["audit"]);
        Read(Version3).Refs["main"].SnapshotId.ShouldBe(20, "records do not share what one of them changes");
    }

    [Fact]
    public void Version_1_is_read_as_the_version_2_that_it_becomes()
    {
        const string Version1 = """
            {
              "format-version": 1, "location": "s3://bucket/old", "last-updated-ms": 1600000000000, "last-column-id": 2,
              "schema": {"type":"struct","fields":[{"id":1,"name":"x","required":true,"type":"long"},{"id":2,"name":"y","required":false,"type":"string"}]},
              "partition-spec": [{"source-id":1,"name":"x","transform":"identity"}], "current-snapshot-id": 5,
              "snapshots": [{"snapshot-id":5,"timestamp-ms":1600000000000,"manifest-list":"s3://bucket/old/l.avro"}]
            }
            """;
        var metadata = Read(Version1);
        metadata.FormatVersion.ShouldBe(2);
        metadata.TableUuid.ShouldBe(Read(Version1).TableUuid);
        metadata.CurrentSchema.Fields.Select(field => field.Name).ShouldBe(["x", "y"]);
        metadata.DefaultSpec.Fields[0].ShouldBe(new PartitionSpecField(1, 1000, "x", PartitionTransform.Identity, 0));
        metadata.LastPartitionId.ShouldBe(1000);
        metadata.DefaultSortOrder!.Fields.ShouldBeEmpty();
        metadata.Refs["main"].ShouldBe(new SnapshotRef(5, SnapshotRefType.Branch));
        metadata.CurrentSnapshot!.SequenceNumber.ShouldBe(0);

        var upgraded = JsonNode.Parse(TableMetadataWriter.Write(metadata).Span)!.AsObject();
        upgraded["format-version"]!.GetValue<int>().ShouldBe(2);
        upgraded["table-uuid"]!.GetValue<Guid>().ShouldBe(metadata.TableUuid);
        upgraded.ContainsKey("schema").ShouldBeFalse();
        Read(upgraded.ToJsonString()).Schemas.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("\"format-version\": 3", "\"format-version\": 4")]
    [InlineData("\"audit\":{\"snapshot-id\":10", "\"audit\":{\"snapshot-id\":11")]
    [InlineData("\"current-schema-id\": 4", "\"current-schema-id\": 5")]
    [InlineData("\"direction\":\"desc\"", "\"direction\":\"down\"")]
    [InlineData("\"type\":\"tag\"", "\"type\":\"label\"")]
    public void What_does_not_hold_together_is_refused(string from, string to)
    {
        string damaged = Version3.Replace(from, to, StringComparison.Ordinal);
        damaged.ShouldNotBe(Version3);
        Should.Throw<MeshException>(() => Read(damaged)).Code.ShouldBe("MESH8121");
    }

    private static TableMetadata Read(string json) => TableMetadataReader.Read(Encoding.UTF8.GetBytes(json), "test");
}
