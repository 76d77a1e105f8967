using Mesh.Commands.Flow;
using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Tests.Flow;

public class FlowGraphTests
{
    private static readonly TopologyPlan BuiltIn = TopologyPlan.Load(null);

    [Fact]
    public void An_upload_finds_its_way_from_the_producer_to_a_model()
    {
        var view = FlowGraph.Of(Parts());
        Way(view, "source:uploads", "topic:model.registered.v1").ShouldBeTrue();
        Way(view, "topic:fleet.uploads.v1", "product:perception.frames").ShouldBeTrue();
        Way(view, "product:perception.frames", "trigger:retrain-manoeuvre").ShouldBeTrue();
        view.Edges.ShouldAllBe(edge => view.Nodes.Any(node => node.Id == edge.From) && view.Nodes.Any(node => node.Id == edge.To));
        view.Nodes.Select(node => node.Id).ShouldBeUnique();
    }

    [Fact]
    public void Nothing_that_is_not_measured_has_a_number()
    {
        var view = FlowGraph.Of(Parts());
        view.Nodes.ShouldAllBe(node => node.Rate == null && node.Records == null && node.QueueBytes == null);
        view.Edges.ShouldAllBe(edge => edge.Rate == null && edge.Lag == null && !edge.IsStalled);
        view.MeasuredAt.ShouldBeNull();
    }

    [Fact]
    public void A_stage_that_fails_is_broken_and_one_that_runs_elsewhere_is_not_judged()
    {
        var view = FlowGraph.Of(Parts() with { Stages = [new("catalogue", "restarting", 3, "MESH5001: away"), new($"ingest {BuiltIn.FullName}", "running", 0, null)] });
        Node(view, "stage:catalogue").ShouldSatisfyAllConditions(
            node => node.Health.ShouldBe(FlowHealth.Broken), node => node.Problem.ShouldContain("MESH5001: away"), node => node.Restarts.ShouldBe(3));
        Node(view, $"stage:decode {BuiltIn.FullName}").Health.ShouldBe(FlowHealth.Ok);
        Node(view, "stage:trigger").ShouldSatisfyAllConditions(node => node.Health.ShouldBe(FlowHealth.Unknown), node => node.Problem.ShouldBe("This server does not run it."));
    }

    [Fact]
    public void Dead_letters_lead_back_to_where_they_came_from_and_are_broken_while_one_is_open()
    {
        FlowGraph.Of(Parts()).Nodes.ShouldNotContain(node => node.Id.Contains("dead-letters"));
        var view = FlowGraph.Of(Parts() with { OpenLetters = new Dictionary<string, long> { ["decode"] = 312 } });
        var topic = Node(view, "topic:mesh.decode.dead-letters.v1");
        topic.Health.ShouldBe(FlowHealth.Broken);
        topic.OpenLetters.ShouldBe(312);
        Way(view, topic.Id, $"stage:decode {BuiltIn.FullName}").ShouldBeTrue();
    }

    [Fact]
    public void Tables_belong_to_the_topology_that_writes_them()
    {
        var second = TopologyPlan.Check(Topology.Parse("apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: fleet-ingest, version: 2 }\n", "two.yaml"));
        var view = FlowGraph.Of(Parts() with { Plans = [BuiltIn, second], Tables = [new("raw", "sensor_msgs_imu"), new("raw", "sensor_msgs_imu_v2"), new("mesh", "clock_models")] });
        Node(view, "table:raw.sensor_msgs_imu").Topology.ShouldBe("fleet-ingest@1");
        Node(view, "table:raw.sensor_msgs_imu_v2").Topology.ShouldBe("fleet-ingest@2");
        view.Nodes.ShouldNotContain(node => node.Id == "table:mesh.clock_models");
    }

    [Fact]
    public void Records_that_wait_without_any_being_finished_make_their_reader_late()
    {
        var begun = new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
        var stands = new FlowMeasures(Sample(begun, end: 100, committed: 40), Sample(begun.AddSeconds(10), end: 150, committed: 40));
        var view = FlowGraph.Of(Parts() with { Stages = [new("catalogue", "running", 0, null)], Measures = stands });
        Node(view, "stage:catalogue").ShouldSatisfyAllConditions(node => node.Health.ShouldBe(FlowHealth.Late), node => node.Problem.ShouldContain("110 records wait in lake.files-written.v1"));
        view.Edges.Single(edge => edge.Group == "mesh.catalogue").ShouldSatisfyAllConditions(edge => edge.Lag.ShouldBe(110), edge => edge.Rate.ShouldBe(0), edge => edge.IsStalled.ShouldBeTrue());
        Node(view, "topic:lake.files-written.v1").Rate.ShouldBe(5);

        var moves = new FlowMeasures(Sample(begun, end: 100, committed: 40), Sample(begun.AddSeconds(10), end: 150, committed: 60));
        var well = FlowGraph.Of(Parts() with { Stages = [new("catalogue", "running", 0, null)], Measures = moves });
        Node(well, "stage:catalogue").Health.ShouldBe(FlowHealth.Ok);
        well.Edges.Single(edge => edge.Group == "mesh.catalogue").Rate.ShouldBe(2);
    }

    private static FlowSample Sample(DateTimeOffset at, long end, long committed)
    {
        const string Topic = "lake.files-written.v1";
        return new FlowSample(
            at, new Dictionary<string, long> { [Topic] = end }, new Dictionary<string, long> { [Topic] = end }, new Dictionary<string, long>(),
            new Dictionary<(string, string), long> { [("mesh.catalogue", Topic)] = committed }, new Dictionary<(string, string), long> { [("mesh.catalogue", Topic)] = end - committed },
            new Dictionary<(string, string), double>());
    }

    private static FlowParts Parts() => new()
    {
        Plans = [BuiltIn], Stages = Array.Empty<StageView>(), Tables = Array.Empty<TableIdentifier>(), Pools = [], OpenLetters = new Dictionary<string, long>(), Measures = null,
    };

    private static FlowNode Node(FlowView view, string id) => view.Nodes.Single(node => node.Id == id);

    private static bool Way(FlowView view, string from, string to)
    {
        var seen = new HashSet<string> { from };
        var queue = new Queue<string>([from]);
        while (queue.TryDequeue(out string? at))
        {
            if (at == to) return true;
            foreach (var edge in view.Edges.Where(edge => edge.From == at && seen.Add(edge.To))) queue.Enqueue(edge.To);
        }

        return false;
    }
}
