using Mesh.Lakehouse.Iceberg;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public class TableCatalogueListTests : IDisposable
{
    private readonly LakeFixture lake;

    public TableCatalogueListTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TableCatalogueListTests(TestDatabase place) => lake = new LakeFixture(null, place);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_list_says_of_a_table_what_its_metadata_says_and_opens_none()
    {
        await lake.CreateImuAsync();
        (await SummaryAsync()).ShouldBe(await ExpectedAsync());
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a", await lake.FakeFileAsync(LakeFixture.Imu, 7))), None);
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("b", await lake.FakeFileAsync(LakeFixture.Imu, 5))), None);

        var summary = await SummaryAsync();

        summary.ShouldBe(await ExpectedAsync());
        (summary.Rows, summary.Files, summary.Bytes, summary.Snapshots).ShouldBe((12, 2, 200, 2));
        using var other = lake.OpenDatabase();
        var elsewhere = new TableCatalogue(other, new Storage.LocalObjectStore(lake.Folder["no lake is here"]), lake.Time);
        await other.PrepareAsync(None);
        long before = other.Statements;
        (await elsewhere.ListSummariesAsync(None)).ShouldBe([summary]);
        (other.Statements - before).ShouldBe(1);
    }

    [Fact]
    public async Task A_pointer_that_an_earlier_release_moved_is_noticed_and_its_figures_are_kept_from_then_on()
    {
        await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a", await lake.FakeFileAsync(LakeFixture.Imu, 7))), None);
        await lake.Database.WriteAsync(transaction => transaction.ExecuteAsync("UPDATE tables SET figures_uri = 'older', row_count = 99, snapshot_id = NULL"), None);

        (await SummaryAsync()).ShouldBe(await ExpectedAsync());

        (await lake.Database.ReadAsync(session => session.ScalarAsync<long>("SELECT row_count FROM tables"), None)).ShouldBe(7);
        long before = lake.Database.Statements;
        await lake.Catalogue.ListSummariesAsync(None);
        (lake.Database.Statements - before).ShouldBe(1);
    }

    private async Task<TableSummary> SummaryAsync() => (await lake.Catalogue.ListSummariesAsync(None)).ShouldHaveSingleItem();

    private async Task<TableSummary> ExpectedAsync()
    {
        var table = await lake.Catalogue.LoadAsync(LakeFixture.Imu, None);
        var current = table.CurrentSnapshot;
        return new TableSummary(
            table.Identifier, table.LocationUri, table.MetadataUri, current?.SnapshotId, current?.CommittedAt, current?.TotalRows ?? 0, Total("total-data-files"), Total("total-files-size"), table.Snapshots.Count);

        long Total(string name) => current is null ? 0 : long.Parse(current.Summary[name]);
    }
}
