using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Iceberg;
using Mesh.Testing;

namespace Mesh.Catalogue.Tests;

public sealed class SnapshotAnnouncementTests
{
    [Fact]
    public async Task A_snapshot_of_another_engine_is_announced_by_its_summary_and_belongs_to_no_upload()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(TestDatabase.Sqlite, CatalogueFixture.Imu);
        var table = await fixture.Catalogue.LoadAsync(Lakehouse.TableIdentifier.Parse(CatalogueFixture.Imu), CatalogueFixture.Timeout);
        var snapshot = new Snapshot(
            42, 41, 7, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), "file:///list.avro",
            new Dictionary<string, string> { ["operation"] = "overwrite", ["added-records"] = "10", ["total-records"] = "110", ["added-data-files"] = "2", ["added-files-size"] = "nonsense" }, 0);
        await fixture.Database.WriteAsync(transaction => SnapshotAnnouncement.AddAsync(transaction, table, snapshot), CatalogueFixture.Timeout);

        var entry = (await fixture.Outbox.PeekAsync(10, CatalogueFixture.Timeout)).ShouldHaveSingleItem();
        (entry.Topic, entry.Key).ShouldBe((Topics.SnapshotCommitted, CatalogueFixture.Imu));
        SnapshotCommitted.Parser.ParseFrom(entry.Protobuf).ShouldBe(new SnapshotCommitted
        {
            Table = CatalogueFixture.Imu, SnapshotId = 42, ParentSnapshotId = 41, SequenceNumber = 7, CommittedAtUs = 1_700_000_000_000_000,
            AddedRows = 10, AddedFiles = 2, TotalRows = 110, MetadataUri = table.MetadataUri, Operation = "overwrite", TableUuid = table.Uuid.ToString(),
        });
    }

    [Fact]
    public async Task Rows_that_erasure_has_written_again_are_not_announced_as_new()
    {
        await using var fixture = await CatalogueFixture.CreateAsync(TestDatabase.Sqlite, CatalogueFixture.Imu);
        var table = await fixture.Catalogue.LoadAsync(Lakehouse.TableIdentifier.Parse(CatalogueFixture.Imu), CatalogueFixture.Timeout);
        var snapshot = new Snapshot(
            42, 41, 7, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), "file:///list.avro",
            new Dictionary<string, string> { ["operation"] = "overwrite", ["added-records"] = "10", [Snapshot.NewRowsProperty] = "false" }, 0);
        await fixture.Database.WriteAsync(transaction => SnapshotAnnouncement.AddAsync(transaction, table, snapshot), CatalogueFixture.Timeout);

        var entry = (await fixture.Outbox.PeekAsync(10, CatalogueFixture.Timeout)).ShouldHaveSingleItem();
        SnapshotCommitted.Parser.ParseFrom(entry.Protobuf).AddedRows.ShouldBe(0);
    }
}
