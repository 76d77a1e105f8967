using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public sealed class TableCatalogueReferenceTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_tag_a_branch_a_snapshot_and_a_time_are_read_as_they_were()
    {
        var snapshots = await ThreeUploadsAsync();
        await lake.Catalogue.SetReferenceAsync(LakeFixture.Imu, "release-1", new SnapshotRef(snapshots[0].SnapshotId, SnapshotRefType.Tag) { MaxRefAgeMs = 1000 }, None);
        var table = await lake.Catalogue.SetReferenceAsync(LakeFixture.Imu, "audit", new SnapshotRef(snapshots[1].SnapshotId, SnapshotRefType.Branch), None);

        table.References.Keys.Order().ShouldBe(["audit", "main", "release-1"]);
        table.References["release-1"].MaxRefAgeMs.ShouldBe(1000);
        (await CountAsync(new ScanOptions { Reference = "release-1" })).ShouldBe(10);
        (await CountAsync(new ScanOptions { Reference = "audit" })).ShouldBe(20);
        (await CountAsync(new ScanOptions { Reference = "main" })).ShouldBe(30);
        (await CountAsync(new ScanOptions { SnapshotId = snapshots[1].SnapshotId })).ShouldBe(20);
        (await CountAsync(new ScanOptions { AsOf = snapshots[1].CommittedAt })).ShouldBe(20);
        (await CountAsync(new ScanOptions { AsOf = snapshots[0].CommittedAt.AddMilliseconds(-1) })).ShouldBe(0);
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").GetArrayLength().ShouldBe(30);

        var error = await Should.ThrowAsync<MeshException>(() => CountAsync(new ScanOptions { Reference = "release" }));
        error.Code.ShouldBe("MESH8105");
        error.Message.ShouldContain("release-1");
        await lake.Catalogue.DropReferenceAsync(LakeFixture.Imu, "release-1", None);
        await Should.ThrowAsync<MeshException>(() => CountAsync(new ScanOptions { Reference = "release-1" }));
    }

    [Fact]
    public async Task A_reference_cannot_change_its_kind_name_nothing_or_be_main()
    {
        var snapshots = await ThreeUploadsAsync();
        await lake.Catalogue.SetReferenceAsync(LakeFixture.Imu, "r", new SnapshotRef(snapshots[0].SnapshotId, SnapshotRefType.Tag), None);
        foreach (var (name, reference) in new[]
        {
            ("r", new SnapshotRef(snapshots[0].SnapshotId, SnapshotRefType.Branch)), ("x", new SnapshotRef(17, SnapshotRefType.Tag)), ("main", new SnapshotRef(snapshots[0].SnapshotId, SnapshotRefType.Branch)),
        })
        {
            (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.SetReferenceAsync(LakeFixture.Imu, name, reference, None))).Code.ShouldBe("MESH8105");
        }

        (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.DropReferenceAsync(LakeFixture.Imu, "main", None))).Code.ShouldBe("MESH8105");
    }

    [Fact]
    public async Task After_a_rollback_the_undone_uploads_may_come_again_and_after_going_forward_they_may_not()
    {
        var snapshots = await ThreeUploadsAsync();
        var plan = await lake.Catalogue.PlanRollbackAsync(LakeFixture.Imu, snapshots[0].SnapshotId, None);
        plan.Table.CurrentSnapshot!.SnapshotId.ShouldBe(snapshots[2].SnapshotId, "a plan changes nothing");
        var undone = await lake.Catalogue.RollbackAsync(LakeFixture.Imu, snapshots[0].SnapshotId, None);
        foreach (var each in new[] { plan, undone })
        {
            each.Undone.Select(snapshot => snapshot.SnapshotId).ShouldBe([snapshots[2].SnapshotId, snapshots[1].SnapshotId]);
            each.FreedUploads.ShouldBe(2);
        }

        var table = undone.Table;
        table.CurrentSnapshot!.SnapshotId.ShouldBe(snapshots[0].SnapshotId);
        (await CountAsync(new ScanOptions())).ShouldBe(10);
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").GetArrayLength().ShouldBe(10);

        var outcome = await AppendAsync(table, 0);
        outcome.Duplicates.Count.ShouldBe(1, "its rows are still there");
        outcome = await AppendAsync(table, 2);
        outcome.Accepted.Count.ShouldBe(1, "its rows were undone");
        outcome.Snapshot!.ParentSnapshotId.ShouldBe(snapshots[0].SnapshotId);
        outcome.Snapshot.SequenceNumber.ShouldBeGreaterThan(snapshots[2].SequenceNumber);

        (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.RollbackAsync(LakeFixture.Imu, snapshots[1].SnapshotId, None))).Code.ShouldBe("MESH8105");
        await lake.Catalogue.SetCurrentSnapshotAsync(LakeFixture.Imu, snapshots[1].SnapshotId, None);
        (await CountAsync(new ScanOptions())).ShouldBe(20);
        (await AppendAsync(table, 1)).Duplicates.Count.ShouldBe(1, "its rows are back");
        (await AppendAsync(table, 2)).Accepted.Count.ShouldBe(1);
    }

    private async Task<List<Snapshot>> ThreeUploadsAsync()
    {
        var table = await lake.CreateImuAsync();
        var snapshots = new List<Snapshot>();
        for (int upload = 0; upload < 3; upload++)
        {
            lake.Time.Advance(TimeSpan.FromMinutes(1));
            snapshots.Add((await AppendAsync(table, upload)).Snapshot!);
        }

        return snapshots;
    }

    private async Task<AppendOutcome> AppendAsync(Table table, int upload)
    {
        var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", upload * 10, 10));
        return await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
    }

    private async Task<int> CountAsync(ScanOptions options)
    {
        int rows = 0;
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, options, None)) rows += batch.Length;
        return rows;
    }
}
