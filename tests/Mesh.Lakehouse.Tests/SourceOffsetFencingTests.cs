using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public class SourceOffsetFencingTests : IDisposable
{
    private const string Source = "fleet.telemetry.v1-0@5f";
    private static readonly TableIdentifier Imu = LakeFixture.Imu;
    private readonly LakeFixture lake;

    public SourceOffsetFencingTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected SourceOffsetFencingTests(TestDatabase place) => lake = new LakeFixture(null, place);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Files_of_a_topic_are_added_once_and_a_repeated_commit_is_fenced()
    {
        await lake.CreateImuAsync();
        var request = await RequestAsync(0, 10);
        var outcome = await lake.Catalogue.AppendAsync(Imu, request, None);
        outcome.Snapshot!.AddedRows.ShouldBe(10);
        SourceOffsets.Of(outcome.Table)[Source].ShouldBe(10);

        var refusal = await Should.ThrowAsync<MeshException>(lake.Catalogue.AppendAsync(Imu, request, None).AsTask());
        refusal.Code.ShouldBe("MESH8160");
        refusal.IsTransient.ShouldBeTrue();
        (await lake.Catalogue.LoadAsync(Imu, None)).CurrentSnapshot!.TotalRows.ShouldBe(10);
    }

    [Fact]
    public async Task Of_two_writers_that_have_read_the_same_offset_one_commits_whatever_they_overtake()
    {
        await lake.CreateImuAsync();
        using var otherDatabase = lake.OpenDatabase();
        var other = new TableCatalogue(otherDatabase, lake.Store, lake.Time);
        for (int round = 0; round < 5; round++)
        {
            var mine = await RequestAsync(round * 10, (round + 1) * 10);
            var theirs = await RequestAsync(round * 10, (round + 1) * 10);
            bool[] won = await Task.WhenAll(TryAsync(lake.Catalogue, mine), TryAsync(other, theirs));
            won.Count(one => one).ShouldBe(1);
        }

        var table = await lake.Catalogue.LoadAsync(Imu, None);
        table.CurrentSnapshot!.TotalRows.ShouldBe(50);
        SourceOffsets.Of(table)[Source].ShouldBe(50);
    }

    [Fact]
    public async Task A_conflict_with_a_commit_of_an_upload_does_not_fence()
    {
        await lake.CreateImuAsync();
        using var otherDatabase = lake.OpenDatabase();
        var other = new TableCatalogue(otherDatabase, lake.Store, lake.Time);
        await other.LoadAsync(Imu, None);
        await lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await lake.FakeFileAsync(Imu))), None);
        (await TryAsync(other, await RequestAsync(0, 10))).ShouldBeTrue();
        (await lake.Catalogue.LoadAsync(Imu, None)).CurrentSnapshot!.TotalRows.ShouldBe(20);
    }

    [Fact]
    public async Task Offsets_are_raised_without_files_too_and_only_under_the_same_condition()
    {
        await lake.CreateImuAsync();
        var request = new AppendRequest { SourceOffsets = Offsets(7), ExpectedSourceOffsets = Offsets(0) };
        (await TryAsync(lake.Catalogue, request)).ShouldBeTrue();
        (await TryAsync(lake.Catalogue, request)).ShouldBeFalse();
        var table = await lake.Catalogue.LoadAsync(Imu, None);
        table.Snapshots.ShouldBeEmpty();
        SourceOffsets.Of(table)[Source].ShouldBe(7);
    }

    [Fact]
    public async Task Another_incarnation_of_a_topic_is_another_source()
    {
        await lake.CreateImuAsync();
        (await TryAsync(lake.Catalogue, await RequestAsync(0, 10))).ShouldBeTrue();
        var again = new AppendRequest
        {
            Files = [await lake.FakeFileAsync(Imu)],
            SourceOffsets = new Dictionary<string, long> { ["fleet.telemetry.v1-0@60"] = 10 },
            ExpectedSourceOffsets = new Dictionary<string, long> { ["fleet.telemetry.v1-0@60"] = 0 },
        };
        (await TryAsync(lake.Catalogue, again)).ShouldBeTrue();
        SourceOffsets.Of(await lake.Catalogue.LoadAsync(Imu, None)).Count.ShouldBe(2);
    }

    private static Dictionary<string, long> Offsets(long offset) => new() { [Source] = offset };

    private static async Task<bool> TryAsync(TableCatalogue catalogue, AppendRequest request)
    {
        try
        {
            await catalogue.AppendAsync(Imu, request, None);
            return true;
        }
        catch (MeshException exception) when (exception.Code == SourceOffsets.FencedCode)
        {
            return false;
        }
    }

    private async Task<AppendRequest> RequestAsync(long from, long next) => new()
    {
        Files = [await lake.FakeFileAsync(Imu, next - from)], SourceOffsets = Offsets(next), ExpectedSourceOffsets = Offsets(from),
    };
}
