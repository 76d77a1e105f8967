using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Tracking;

namespace Mesh.Training.Tests.Tracking;

public class TrackingStoreTests : IDisposable
{
    private static readonly Dictionary<string, string> NoTags = [];
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly TrackingStore store;

    public TrackingStoreTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TrackingStoreTests(TestDatabase place)
    {
        database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        store = new TrackingStore(database, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task There_is_a_default_experiment_and_names_are_used_once_even_when_deleted()
    {
        (await store.GetExperimentAsync("0", Stop)).Name.ShouldBe("Default");
        string id = await store.CreateExperimentAsync("lanes", null, new Dictionary<string, string> { ["team"] = "perception" }, Stop);
        var made = await store.GetExperimentAsync(id, Stop);
        made.ArtifactLocation.ShouldBe($"mlflow-artifacts:/{id}");
        made.Tags["team"].ShouldBe("perception");

        await store.SetExperimentDeletedAsync(id, true, Stop);
        (await Refused(() => store.CreateExperimentAsync("lanes", null, NoTags, Stop).AsTask())).ShouldBe("MESH9302");
        (await Refused(() => store.CreateRunAsync(id, null, "", null, NoTags, Stop).AsTask())).ShouldBe("MESH9304");
        (await store.SearchExperimentsAsync(null, [], RunView.Active, 10, null, Stop)).Items.Select(experiment => experiment.Name).ShouldBe(["Default"]);
        await store.SetExperimentDeletedAsync(id, false, Stop);
        await store.RenameExperimentAsync(id, "lanes 2", Stop);
        (await store.FindExperimentAsync("lanes 2", Stop))!.ExperimentId.ShouldBe(id);
        (await store.SearchExperimentsAsync("name ILIKE '%LANES%' AND tags.team = 'perception'", ["name DESC"], RunView.All, 10, null, Stop)).Items.ShouldHaveSingleItem().Name.ShouldBe("lanes 2");
        (await Refused(() => store.GetExperimentAsync("77", Stop).AsTask())).ShouldBe("MESH9301");
        (await Refused(() => store.SetExperimentDeletedAsync("0", true, Stop).AsTask())).ShouldBe("MESH9304");
    }

    [Fact]
    public async Task What_is_logged_comes_back_and_the_same_again_changes_nothing()
    {
        var run = await store.CreateRunAsync("0", "first", "ada", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), NoTags, Stop);
        LoggedMetric[] metrics = [new("loss", 0.5, 10, 1), new("loss", double.NaN, 20, 2), new("loss", double.PositiveInfinity, 5, 3), new("accuracy", 0.9, 10, 0), new("accuracy", 0.7, 20, 0)];
        for (int i = 0; i < 2; i++) await store.LogAsync(run.RunId, metrics, [new("lr", "0.1")], [new("note", "n"), new("note", "m")], Stop);
        await store.LogAsync(run.RunId, [new("accuracy", 0.1, 5, 0)], [], [], Stop);

        var read = await store.GetRunAsync(run.RunId, Stop);
        read.StartedAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123));
        read.Metrics.ShouldBe([new("accuracy", 0.7, 20, 0), new("loss", double.PositiveInfinity, 5, 3)]);
        read.Parameters.ShouldBe(new Dictionary<string, string> { ["lr"] = "0.1" });
        read.Tags.ShouldBe(new Dictionary<string, string> { ["mlflow.runName"] = "first", ["note"] = "m" }, ignoreOrder: true);
        (await store.GetHistoryAsync(run.RunId, "loss", 100, null, Stop)).Items.ShouldBe(metrics[..3]);
        (await store.GetHistoryAsync(run.RunId, "accuracy", 100, null, Stop)).Items.Select(metric => metric.Value).ShouldBe([0.1, 0.9, 0.7]);
    }

    [Fact]
    public async Task A_batch_is_taken_whole_or_not_at_all()
    {
        var run = await store.CreateRunAsync("0", null, "", null, NoTags, Stop);
        await store.LogAsync(run.RunId, [], [new("lr", "0.1")], [], Stop);

        (await Refused(() => store.LogAsync(run.RunId, [new("loss", 1, 1, 1)], [new("new", "1"), new("lr", "0.2")], [new("t", "v")], Stop).AsTask())).ShouldBe("MESH9307");

        var read = await store.GetRunAsync(run.RunId, Stop);
        read.Metrics.ShouldBeEmpty();
        read.Parameters.Keys.ShouldBe(["lr"]);
        read.Tags.Keys.ShouldNotContain("t");
    }

    [Fact]
    public async Task A_thousand_metrics_are_one_transaction_and_read_in_pages()
    {
        var run = await store.CreateRunAsync("0", null, "", null, NoTags, Stop);
        await store.LogAsync(run.RunId, [.. Enumerable.Range(0, 1_000).Select(i => new LoggedMetric("loss", i * 0.5, i, i))], [], [], Stop);

        var values = new List<double>();
        string? token = null;
        do
        {
            var page = await store.GetHistoryAsync(run.RunId, "loss", 300, token, Stop);
            values.AddRange(page.Items.Select(metric => metric.Value));
            token = page.NextPageToken;
        }
        while (token is not null);
        values.ShouldBe(Enumerable.Range(0, 1_000).Select(i => i * 0.5));
        var sample = await store.SampleHistoryAsync(run.RunId, "loss", 40, Stop);
        sample.Count.ShouldBeInRange(30, 42);
        (sample[0].Step, sample[^1].Step).ShouldBe((0, 999));
        (await store.SampleHistoryAsync(run.RunId, "loss", 1_000, Stop)).Count.ShouldBe(1_000);
    }

    [Theory]
    [InlineData("", "MESH9305")]
    [InlineData("../x", "MESH9305")]
    [InlineData("/x", "MESH9305")]
    [InlineData("a//b", "MESH9305")]
    [InlineData("a\0b", "MESH9305")]
    [InlineData("what?", "MESH9305")]
    [InlineData("\n", "MESH9305")]
    public async Task Names_that_are_none_are_refused(string key, string code)
    {
        var run = await store.CreateRunAsync("0", null, "", null, NoTags, Stop);
        (await Refused(() => store.LogAsync(run.RunId, [new(key, 1, 1, 1)], [], [], Stop).AsTask())).ShouldBe(code);
        (await Refused(() => store.LogAsync(run.RunId, [], [new(key, "1")], [], Stop).AsTask())).ShouldBe(code);
        (await Refused(() => store.LogAsync(run.RunId, [], [], [new(key, "1")], Stop).AsTask())).ShouldBe(code);
    }

    [Fact]
    public async Task What_is_too_long_or_no_text_or_Meshs_own_is_refused()
    {
        var run = await store.CreateRunAsync("0", null, "", null, NoTags, Stop);
        (await Refused(() => store.LogAsync(run.RunId, [new(new string('k', 251), 1, 1, 1)], [], [], Stop).AsTask())).ShouldBe("MESH9306");
        (await Refused(() => store.LogAsync(run.RunId, [], [new("p", new string('v', 6_001))], [], Stop).AsTask())).ShouldBe("MESH9306");
        (await Refused(() => store.LogAsync(run.RunId, [], [], [new("t", new string('v', 8_001))], Stop).AsTask())).ShouldBe("MESH9306");
        (await Refused(() => store.LogAsync(run.RunId, [], [], [new("t", "\ud800")], Stop).AsTask())).ShouldBe("MESH9305");
        (await Refused(() => store.LogAsync(run.RunId, [], [], [new("mesh.job.id", "x")], Stop).AsTask())).ShouldBe("MESH9311");
        await store.LogAsync(run.RunId, [new(new string('k', 250), 1, 1, 1)], [new("p", new string('v', 6_000))], [new("t", new string('v', 8_000)), new("ünï/cødé", "😀")], Stop);
    }

    [Fact]
    public async Task A_deleted_run_takes_nothing_until_it_is_restored()
    {
        var run = await store.CreateRunAsync("0", null, "", null, NoTags, Stop);
        await store.SetRunDeletedAsync(run.RunId, true, Stop);
        (await Refused(() => store.LogAsync(run.RunId, [new("m", 1, 1, 1)], [], [], Stop).AsTask())).ShouldBe("MESH9304");
        (await store.GetRunAsync(run.RunId, Stop)).IsDeleted.ShouldBeTrue();
        await store.SetRunDeletedAsync(run.RunId, false, Stop);
        var updated = await store.UpdateRunAsync(run.RunId, RunStatus.Finished, DateTimeOffset.FromUnixTimeMilliseconds(5), "renamed", Stop);
        (updated.Status, updated.Name, updated.EndedAt, updated.Tags["mlflow.runName"]).ShouldBe((RunStatus.Finished, "renamed", DateTimeOffset.FromUnixTimeMilliseconds(5), "renamed"));
        (await store.FindRunAsync("renamed", Stop))!.RunId.ShouldBe(run.RunId);
        (await store.FindRunAsync(run.RunId[..9], Stop))!.RunId.ShouldBe(run.RunId);
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private static async Task<string> Refused(Func<Task> run) => (await Should.ThrowAsync<TrackingException>(run)).Code;
}
