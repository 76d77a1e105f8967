using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Replay;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;
using Mesh.Trigger;

namespace Mesh.Commands.Tests.Queries;

public class ListQueriesTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 30, 8, 15, 30, 123, TimeSpan.Zero);

    [Fact]
    public void A_query_survives_its_way_through_a_URL()
    {
        Same(new RecordingQuery { Text = "a&b=ü %", State = RecordingState.DeadLettered, Vehicle = "VH 1", From = Time, To = Time.AddDays(1), Sort = RecordingSort.Losses, Descending = false, Page = 7, PageSize = 50 }, ListQueries.TextOf, ListQueries.Recordings);
        Same(new RecordingQuery(), ListQueries.TextOf, ListQueries.Recordings);
        Same(new RecordingQuery { Descending = false }, ListQueries.TextOf, ListQueries.Recordings);
        Same(new VehicleQuery { Text = "x", Sort = VehicleSort.Bytes }, ListQueries.TextOf, ListQueries.Vehicles);
        Same(new ProductQuery { Text = "x", Namespace = "raw", Sort = ProductSort.Updated, Descending = true }, ListQueries.TextOf, ListQueries.Products);
        Same(new ProductQuery { Descending = true }, ListQueries.TextOf, ListQueries.Products);
        Same(
            new DeadLetterQuery { Text = "t", Filter = new DeadLetterFilter { Stage = "decode", Code = "MESH1", Recording = "abcd", Vehicle = "v", Channel = "/c", Topology = "t", Since = Time, Until = Time, State = DeadLetterState.Open }, Sort = DeadLetterSort.Code },
            ListQueries.TextOf, ListQueries.DeadLetters);
        Same(new JobQuery { Text = "t", State = JobState.Failed, Kind = JobKind.Quantise, Pool = "p", Team = "t", Model = "m", Sort = JobSort.Priority, Page = 2 }, ListQueries.TextOf, ListQueries.Jobs);
        Same(new ModelQuery { Text = "t", Name = "n", State = ModelState.Rejected, LifecycleState = "released", Sort = ModelSort.Name, Descending = false }, ListQueries.TextOf, ListQueries.Models);
        Same(new StudyQuery { Text = "t", State = StudyState.Stopped, Sort = StudySort.Name }, ListQueries.TextOf, ListQueries.Studies);
        Same(new ReplayQuery { Text = "t", State = ReplayState.Paused, Kind = ReplayKind.Recordings, Topology = "t", Sort = ReplaySort.Changed }, ListQueries.TextOf, ListQueries.Replays);
        Same(new DecisionQuery { Text = "t", Subject = "s", Actor = "a", Kind = DecisionKind.Release, From = Time, To = Time, Descending = false }, ListQueries.TextOf, ListQueries.Decisions);
        Same(new TriggerDecisionQuery { Text = "t", Rule = "r", Product = "p", Outcome = "fired", From = Time, To = Time, Descending = false }, ListQueries.TextOf, ListQueries.TriggerDecisions);
        var runs = Read(ListQueries.TextOf(new RunListQuery { OrderBy = ["metrics.accuracy DESC", "attributes.start_time"], Filter = "metrics.loss < 1", Deleted = true }), ListQueries.Runs);
        runs.OrderBy.ShouldBe(["metrics.accuracy DESC", "attributes.start_time"]);
        (runs.Filter, runs.Deleted).ShouldBe(("metrics.loss < 1", true));
    }

    [Theory]
    [InlineData("state=lost", "dead_lettered")]
    [InlineData("sort=colour", "losses")]
    [InlineData("page=-1", "page")]
    [InlineData("from=yesterday", "2026-11-30")]
    public void A_value_that_is_none_is_refused_with_what_would_be_right(string text, string hint)
    {
        var refused = Should.Throw<MeshException>(() => Read(text, ListQueries.Recordings));
        refused.Code.ShouldBe("MESH11093");
        refused.Message.ShouldContain(hint);
    }

    [Fact]
    public void Pages_stay_within_their_limits()
    {
        var query = Read("page=0&page_size=100000", ListQueries.Recordings);
        (query.Number, query.Size, query.Offset).ShouldBe((1, 200, 0));
        new RecordingQuery { Page = int.MaxValue, PageSize = 200 }.Offset.ShouldBe((int.MaxValue - 1L) * 200);
        new Page<int>([], 0, 1, 100).LastNumber.ShouldBe(1);
        new Page<int>([], 201, 1, 100).LastNumber.ShouldBe(3);
    }

    private static void Same<T>(T query, Func<T, string> write, Func<ListParameters, T> read) => Read(write(query), read).ShouldBe(query);

    private static T Read<T>(string text, Func<ListParameters, T> read)
    {
        var pairs = text.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        return read(new ListParameters(pairs.GetValueOrDefault));
    }
}
