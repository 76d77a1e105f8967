using System.Diagnostics;
using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.ScaleSet;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;
using Mesh.Trigger;
using NSubstitute;

namespace Mesh.Commands.Tests.Queries;

/// <summary>What a page of a list costs, on a small set always and on the large one when asked for.</summary>
public class ScaleTests(ITestOutputHelper output)
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_page_costs_the_same_few_statements_whatever_its_length() => StatementsAsync(TestDatabase.Sqlite);

    [Fact]
    public Task A_page_costs_the_same_few_statements_on_PostgreSQL_too() => StatementsAsync(TestDatabase.Postgres());

    [Fact]
    public Task Pages_of_the_large_set_are_timed() => TimesAsync(TestDatabase.Sqlite);

    [Fact]
    public Task Pages_of_the_large_set_are_timed_on_PostgreSQL_too() => TimesAsync(TestDatabase.Postgres());

    private static async Task StatementsAsync(TestDatabase place)
    {
        await using var lists = await Lists.CreateAsync(place, ScaleSize.Small);
        foreach (var list in lists.All)
        {
            long few = await CountAsync(list, 3);
            long many = await CountAsync(list, 200);
            // Fewer when the page holds the whole list, which needs no count then.
            many.ShouldBeLessThanOrEqualTo(few, $"{list.Name}: a longer page must not ask more often");
            few.ShouldBeLessThanOrEqualTo(list.MostStatements, list.Name);
        }

        async Task<long> CountAsync(ListQuestion list, int pageSize)
        {
            await list.AskAsync(pageSize);
            long before = lists.Database.Statements;
            int rows = await list.AskAsync(pageSize);
            rows.ShouldBe(Math.Min(pageSize, list.Rows), list.Name);
            return lists.Database.Statements - before;
        }
    }

    private async Task TimesAsync(TestDatabase place)
    {
        Require.AtLeast(TestLevel.Full);
        var filling = Stopwatch.StartNew();
        await using var lists = await Lists.CreateAsync(place, new ScaleSize());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"filled in {filling.Elapsed.TotalSeconds:F1} s"));
        foreach (var list in lists.All)
        {
            var times = new List<double>();
            for (int i = 0; i < 23; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await list.AskAsync(100);
                if (i >= 3) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            times.Sort();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {list.Name} | {times[10]:F1} | {times[18]:F1} |"));
        }
    }

    private sealed record ListQuestion(string Name, int Rows, int MostStatements, Func<int, Task<int>> AskAsync);

    private sealed class Lists : IAsyncDisposable
    {
        private readonly TemporaryFolder folder;
        private readonly ScaleSize size;
        private readonly LocalQueries queries;
        private readonly TrackingStore tracking;
        private readonly StudyStore studies;
        private readonly TriggerLedger triggers;

        private Lists(TemporaryFolder folder, MetadataDatabase database, IObjectStore lake, ScaleSize size)
        {
            (this.folder, Database, this.size) = (folder, database, size);
            queries = new LocalQueries(
                database, new TableCatalogue(database, lake, TimeProvider.System), new RecordingStore(database, TimeProvider.System), ProductNames.Of([]), lake, Substitute.For<IServerFacts>());
            tracking = new TrackingStore(database, TimeProvider.System);
            studies = new StudyStore(database);
            triggers = new TriggerLedger(database);
        }

        public MetadataDatabase Database { get; }

        private IEnumerable<int> Numbers => Enumerable.Range(0, size.Recordings);

        private IEnumerable<int> Begun => Enumerable.Range(0, size.Recordings - (size.Recordings / 100));

        public IEnumerable<ListQuestion> All =>
        [
            Recordings("recordings, newest first", new()),
            Recordings("recordings, page 500", new() { Page = Math.Min(500, size.Recordings / 200) }),
            Recordings("recordings by size", new() { Sort = RecordingSort.Size }),
            Recordings("recordings by vehicle", new() { Sort = RecordingSort.Vehicle, Descending = false }),
            Recordings("recordings by state", new() { Sort = RecordingSort.State }),
            Recordings("recordings by losses", new() { Sort = RecordingSort.Losses }),
            Recordings("recordings that are committed", new() { State = RecordingState.Committed }),
            Recordings("recordings that are dead-lettered", new() { State = RecordingState.DeadLettered }, Begun.Count(i => i % 200 == 7)),
            Recordings("recordings of a vehicle", new() { Vehicle = "VH-0042" }, Numbers.Count(i => i * 31L % size.Vehicles == 42)),
            Recordings("recordings with a text", new() { Text = "drive-7" }, Numbers.Count(i => $"{i / 3}".StartsWith('7'))),
            new("counts of recordings", 4, 2, async n => Math.Min(n, (await queries.CountRecordingsAsync(None)).Count)),
            new("vehicles", size.Vehicles, 2, async n => (await queries.ListVehiclesAsync(new VehicleQuery { PageSize = n }, None)).Items.Count),
            new("vehicles by losses", size.Vehicles, 2, async n => (await queries.ListVehiclesAsync(new VehicleQuery { Sort = VehicleSort.Losses, PageSize = n }, None)).Items.Count),
            new("products", size.Products, 3, async n => (await queries.ListProductsAsync(new ProductQuery { PageSize = n }, None)).Items.Count),
            new("products by bytes", size.Products, 3, async n => (await queries.ListProductsAsync(new ProductQuery { Sort = ProductSort.Bytes, Descending = true, PageSize = n }, None)).Items.Count),
            new("dead letters", size.DeadLetters, 2, async n => (await queries.ListDeadLettersAsync(new DeadLetterQuery { PageSize = n }, None)).Items.Count),
            new("dead letters that are open, by code", size.DeadLetters, 2, async n => (await queries.ListDeadLettersAsync(new DeadLetterQuery { Filter = new() { State = DeadLetterState.Open }, Sort = DeadLetterSort.Code, PageSize = n }, None)).Items.Count),
            new("dead letters with a text", size.DeadLetters, 2, async n => (await queries.ListDeadLettersAsync(new DeadLetterQuery { Text = "does not", PageSize = n }, None)).Items.Count),
            new("facets of dead letters", 6, 4, async n => Math.Min(n, (await queries.CountDeadLettersAsync(new DeadLetterQuery(), None)).Codes.Count)),
            new("jobs", size.Jobs, 2, async n => (await queries.ListJobsAsync(new JobQuery { PageSize = n }, None)).Items.Count),
            new("jobs by model, with a text", size.Jobs, 2, async n => (await queries.ListJobsAsync(new JobQuery { Text = "rule", Sort = JobSort.Model, PageSize = n }, None)).Items.Count),
            new("counts of jobs", 4, 1, async n => Math.Min(n, (await queries.CountJobsAsync(new JobQuery(), None)).Count)),
            new("runs", size.Runs, 6, async n => (await tracking.ListRunsAsync(new RunListQuery { PageSize = n }, None)).Items.Count),
            new("runs by accuracy", size.Runs, 6, async n => (await tracking.ListRunsAsync(new RunListQuery { OrderBy = ["metrics.accuracy DESC"], PageSize = n }, None)).Items.Count),
            new("runs of a filter", size.Runs, 6, async n => (await tracking.ListRunsAsync(new RunListQuery { Filter = "metrics.accuracy >= 0 and params.epochs != 'x'", PageSize = n }, None)).Items.Count),
            new("studies", size.Studies, 3, async n => (await studies.ListAsync(new StudyQuery { PageSize = n }, ScaleDatabase.Now, None)).Items.Count),
            new("models", size.Models, 2, async n => (await queries.ListModelsAsync(new ModelQuery { PageSize = n }, None)).Items.Count),
            new("replays", size.Replays, 2, async n => (await queries.ListReplaysAsync(new ReplayQuery { PageSize = n }, None)).Items.Count),
            new("trigger decisions", size.TriggerDecisions, 2, async n => (await triggers.ListDecisionsAsync(new TriggerDecisionQuery { PageSize = n }, None)).Items.Count),
        ];

        public static async Task<Lists> CreateAsync(TestDatabase place, ScaleSize size)
        {
            var folder = new TemporaryFolder();
            var database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
            var lake = new LocalObjectStore(folder["lake"]);
            await ScaleDatabase.FillAsync(database, lake, size, None);
            return new Lists(folder, database, lake, size);
        }

        public ValueTask DisposeAsync()
        {
            Database.Dispose();
            folder.Dispose();
            return ValueTask.CompletedTask;
        }

        private ListQuestion Recordings(string name, RecordingQuery query, int? rows = null) =>
            new(name, rows ?? size.Recordings, 3, async n => (await queries.ListRecordingsAsync(query with { PageSize = n }, None)).Items.Count);
    }
}
