using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Tracking;

namespace Mesh.Training.Tests.Tracking;

public class RunSearchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly TrackingStore store;

    public RunSearchTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RunSearchTests(TestDatabase place)
    {
        database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        store = new TrackingStore(database, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "a b c d")]
    [InlineData("metrics.accuracy > 0.8", "a c")]
    [InlineData("metric.accuracy >= 0.8 and PARAMS.lr = '0.1'", "a b")]
    [InlineData("metrics.accuracy != 0.9", "b c")]
    [InlineData("metrics.`val loss` < 1e-2", "b")]
    [InlineData("metrics.\"val loss\" < 2", "a b")]
    [InlineData("params.lr = \"0.1\" AND tags.x LIKE '%A%' AND attributes.status = 'FINISHED'", "a")]
    [InlineData("tags.x LIKE '%a%'", "b")]
    [InlineData("tags.x ILIKE '%A%'", "a b")]
    [InlineData("tags.x LIKE '_lph_'", "b")]
    [InlineData("tags.x LIKE '100%*[?'", "c")]
    [InlineData("params.lr != '0.1'", "c")]
    [InlineData("params.lr IS NULL", "d")]
    [InlineData("tags.x IS NOT NULL", "a b c")]
    [InlineData("params.lr IN ('0.2', '0.1')", "a b c")]
    [InlineData("attributes.run_name NOT IN ('a','b')", "c d")]
    [InlineData("run_name = 'd'", "d")]
    [InlineData("`Run name` = 'd'", "d")]
    [InlineData("attributes.start_time >= 2000 AND start_time < 4000", "b c")]
    [InlineData("end_time > 0", "a")]
    [InlineData("status != 'RUNNING'", "a")]
    [InlineData("datasets.name = 'drive' AND dataset.context = 'training'", "d")]
    [InlineData("tags.x = ''' OR ''1''=''1'", null)]
    [InlineData("tags.x = \"' OR '1'='1\"", "")]
    [InlineData("metrics.accuracy > 'high'", null)]
    [InlineData("params.lr > 0.1", null)]
    [InlineData("accuracy > 0.8", null)]
    [InlineData("metrics.accuracy > 0.8 OR metrics.accuracy < 0.1", null)]
    [InlineData("metrics.accuracy >", null)]
    [InlineData("metrics.", null)]
    [InlineData("params.lr = 'open", null)]
    [InlineData("metrics.accuracy > nan", null)]
    [InlineData("status IS NULL", null)]
    [InlineData("datasets.source = 'x'", null)]
    public async Task The_filter_language_finds_what_it_says_on_either_database(string filter, string? expected)
    {
        await FillAsync();
        if (expected is null)
        {
            var refused = await Should.ThrowAsync<TrackingException>(() => SearchAsync(filter));
            refused.Code.ShouldBe("MESH9308");
            refused.Message.ShouldContain("At character");
            return;
        }

        (await SearchAsync(filter)).Order().ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("metrics.accuracy", "b a c d")]
    [InlineData("metrics.accuracy DESC", "c a b d")]
    [InlineData("metrics.`val loss` ASC", "b a c d")]
    [InlineData("params.lr desc", "c b a d")]
    [InlineData("tags.x", "c a b d")]
    [InlineData("attributes.start_time ASC", "a b c d")]
    [InlineData("end_time", "a d c b")]
    [InlineData("run_name DESC", "d c b a")]
    public async Task Runs_are_sorted_by_anything_and_those_without_it_come_last(string order, string expected)
    {
        await FillAsync();

        (await SearchAsync("", order)).ShouldBe(expected.Split(' '));
    }

    [Fact]
    public async Task An_order_that_is_none_and_the_token_of_another_question_are_refused()
    {
        await FillAsync();
        (await Should.ThrowAsync<TrackingException>(() => SearchAsync("", "metrics.accuracy UPWARDS"))).Code.ShouldBe("MESH9310");
        var page = await store.SearchRunsAsync(null, null, [], RunView.Active, 3, null, Stop);
        page.Items.Count.ShouldBe(3);
        (await store.SearchRunsAsync(null, null, [], RunView.Active, 3, page.NextPageToken, Stop)).Items.ShouldHaveSingleItem().Name.ShouldBe("a");
        (await Should.ThrowAsync<TrackingException>(async () => await store.SearchRunsAsync(null, "status = 'RUNNING'", [], RunView.Active, 3, page.NextPageToken, Stop))).Code.ShouldBe("MESH9309");
        (await Should.ThrowAsync<TrackingException>(async () => await store.SearchRunsAsync(null, null, [], RunView.Active, 3, "%%%", Stop))).Code.ShouldBe("MESH9309");
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<IReadOnlyList<string>> SearchAsync(string filter, params string[] order) =>
        [.. (await store.SearchRunsAsync(["0"], filter, order, RunView.Active, 100, null, Stop)).Items.Select(run => run.Name)];

    private async Task FillAsync()
    {
        string a = await AddAsync("a", 1_000, [new("accuracy", 0.9, 1, 1), new("val loss", 1, 1, 1)], "0.1", "ALPHA");
        await store.UpdateRunAsync(a, RunStatus.Finished, DateTimeOffset.FromUnixTimeMilliseconds(9_000), null, Stop);
        await AddAsync("b", 2_000, [new("accuracy", 0.8, 1, 1), new("val loss", 0.001, 1, 1)], "0.1", "alpha");
        await AddAsync("c", 3_000, [new("accuracy", 0.99, 1, 1), new("val loss", double.NaN, 1, 1)], "0.2", "100%*[?");
        string d = await AddAsync("d", 4_000, [], null, null);
        await store.LogInputsAsync(d, [new RunInput { Name = "drive", Digest = "1", SourceType = "local", Tags = new Dictionary<string, string> { ["mlflow.data.context"] = "training" } }], Stop);
    }

    private async Task<string> AddAsync(string name, long start, LoggedMetric[] metrics, string? lr, string? x)
    {
        var run = await store.CreateRunAsync("0", name, "", DateTimeOffset.FromUnixTimeMilliseconds(start), new Dictionary<string, string>(), Stop);
        await store.LogAsync(run.RunId, metrics, lr is null ? [] : [new("lr", lr)], x is null ? [] : [new("x", x)], Stop);
        return run.RunId;
    }
}
