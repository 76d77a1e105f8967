using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Tracking;

namespace Mesh.Training.Tests.Tracking;

public sealed class CurveTests : IDisposable
{
    private static readonly Dictionary<string, string> NoTags = [];
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly TrackingStore store;

    public CurveTests()
    {
        database = MetadataDatabase.Open(folder["mesh.db"], TestDatabase.Sqlite.Connection, TestDatabase.Sqlite.Schema);
        store = new TrackingStore(database, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Each_column_has_the_extremes_of_everything_that_was_logged_in_it()
    {
        var random = new Random(7);
        LoggedMetric[] values = [.. Enumerable.Range(0, 5_000).Select(i => new LoggedMetric("loss", i == 1_234 ? 99 : i == 4_321 ? -99 : random.NextDouble(), 1_000 + i, i * 3L))];
        string run = await LogAsync(values);

        var curve = (await store.GetCurvesAsync(new CurveQuery([run], ["loss"], 100), Stop)).ShouldHaveSingleItem();

        curve.Count.ShouldBe(5_000);
        curve.NotFinite.ShouldBe(0);
        curve.Columns.Count.ShouldBeInRange(50, 100);
        foreach (var column in curve.Columns)
        {
            double[] inside = [.. values.Where(value => value.Step >= column.Step && value.Step < column.Step + curve.StepsPerColumn && value.Step / curve.StepsPerColumn == column.Step / curve.StepsPerColumn).Select(value => value.Value)];
            (column.Min, column.Max, column.Count).ShouldBe((inside.Min(), inside.Max(), inside.LongLength));
            column.Mean.ShouldBe(inside.Average(), 1e-9);
        }

        curve.Columns.Max(column => column.Max).ShouldBe(99);
        curve.Columns.Min(column => column.Min).ShouldBe(-99);
        curve.Columns.Sum(column => column.Count).ShouldBe(5_000);
    }

    [Fact]
    public async Task What_is_no_finite_number_is_counted_and_not_drawn()
    {
        string run = await LogAsync([.. new[] { 1, double.NaN, double.PositiveInfinity, 4, double.NegativeInfinity }.Select((value, i) => new LoggedMetric("loss", value, i, i))]);

        var curve = (await store.GetCurvesAsync(new CurveQuery([run], ["loss"], 100), Stop)).ShouldHaveSingleItem();

        curve.NotFinite.ShouldBe(3);
        curve.Columns.Select(column => (column.Step, column.Min, column.Max)).ShouldBe([(0L, 1.0, 1.0), (3L, 4.0, 4.0)]);
    }

    [Fact]
    public async Task Curves_of_several_runs_share_their_columns_and_a_run_without_the_metric_has_none()
    {
        string longer = await LogAsync([.. Enumerable.Range(0, 1_000).Select(i => new LoggedMetric("loss", i, i, i))]);
        string shorter = await LogAsync([.. Enumerable.Range(0, 10).Select(i => new LoggedMetric("loss", i, i, i))]);
        string none = await LogAsync([new LoggedMetric("other", 1, 1, 1)]);

        var curves = await store.GetCurvesAsync(new CurveQuery([longer, shorter, none], ["loss"], 10), Stop);

        curves.Select(curve => curve.RunId).ShouldBe([longer, shorter], ignoreOrder: true);
        curves.Select(curve => curve.StepsPerColumn).Distinct().ShouldHaveSingleItem().ShouldBe(100);
        curves.Single(curve => curve.RunId == shorter).Columns.ShouldHaveSingleItem().Max.ShouldBe(9);
    }

    [Fact]
    public async Task Steps_that_are_further_apart_than_a_number_holds_are_refused_with_a_code()
    {
        string run = await LogAsync([new LoggedMetric("loss", 1, 1, long.MinValue), new LoggedMetric("loss", 2, 2, long.MaxValue)]);

        (await Should.ThrowAsync<TrackingException>(async () => await store.GetCurvesAsync(new CurveQuery([run], ["loss"], 2), Stop))).Message.ShouldContain("too far for a curve");
    }

    private async Task<string> LogAsync(LoggedMetric[] values)
    {
        string run = (await store.CreateRunAsync("0", null, "", null, NoTags, Stop)).RunId;
        await store.LogAsync(run, values, [], [], Stop);
        return run;
    }
}
