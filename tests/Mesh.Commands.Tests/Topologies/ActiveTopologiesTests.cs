using Mesh.Commands.Topologies;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Topologies;

public sealed class ActiveTopologiesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly TopologyStore store;
    private readonly ManualTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public ActiveTopologiesTests()
    {
        database = MetadataDatabase.Open(folder["mesh.db"]);
        store = new TopologyStore(database);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_fresh_lake_begins_with_the_built_in_one_and_a_restart_with_what_was_in_force()
    {
        var host = new RecordingHost();
        await using (var topologies = New(host))
        {
            await topologies.StartAsync([], Token);
            host.Calls.ShouldBe(["prepare fleet-ingest@1 from the beginning", "announce fleet-ingest@1", "start fleet-ingest@1"]);
            await topologies.ApplyAsync(Request("other", "partition: { namespace: other }"), Token);
            await topologies.RetireAsync("fleet-ingest", new RetireRequest(), Token);
        }

        host.Calls.Clear();
        await using var again = New(host);
        await again.StartAsync([], Token);
        again.Active.Select(plan => plan.FullName).ShouldBe(["other@1"]);
        host.Calls.ShouldContain("start other@1");
        (await again.ListAsync(Token)).Select(view => (view.Name, view.State)).ShouldBe([("fleet-ingest", "retired"), ("other", "active")]);
    }

    [Fact]
    public async Task Topologies_that_a_server_is_started_with_are_the_only_ones_in_force()
    {
        var host = new RecordingHost();
        await using var topologies = New(host);
        await topologies.StartAsync([Plan("a", "partition: { namespace: a }"), Plan("b", "partition: { namespace: b }")], Token);
        (await store.ListAsync(Token)).ShouldAllBe(stored => stored.FromEarliest && stored.IsActive && stored.Origin == TopologyOrigin.Started);

        await using var again = New(host);
        await again.StartAsync([Plan("b", "partition: { namespace: b }"), Plan("c", "partition: { namespace: c }")], Token);
        (await store.ListAsync(Token)).Select(stored => (stored.FullName, stored.IsActive, stored.FromEarliest)).ShouldBe([("a@1", false, true), ("b@1", true, true), ("c@1", true, false)]);
        host.Calls.ShouldContain("prepare c@1 from its moment on");
    }

    [Fact]
    public async Task A_changed_text_replaces_the_pipeline_and_the_same_text_leaves_it_alone()
    {
        var host = new RecordingHost();
        await using var topologies = New(host);
        await topologies.StartAsync([Plan("a", "")], Token);
        var since = (await store.FindAsync("a", 1, Token))!.AppliedAt;
        host.Calls.Clear();
        time.Advance(TimeSpan.FromHours(1));

        (await topologies.ApplyAsync(Request("a", ""), Token)).Action.ShouldBe("stay");
        host.Calls.ShouldBeEmpty();

        var view = await topologies.ApplyAsync(Request("a", "limits: { parallelism: 1 }"), Token);
        view.Action.ShouldBe("change");
        host.Calls.ShouldBe(["prepare a@1 from the beginning", "stop a@1", "start a@1", "announce a@1"]);
        topologies.Active.ShouldHaveSingleItem().Ingest.Parallelism.ShouldBe(1);
        (await store.FindAsync("a", 1, Token))!.AppliedAt.ShouldBe(since);
    }

    [Fact]
    public async Task Versions_stand_side_by_side_and_a_product_name_means_the_lower_one()
    {
        var host = new RecordingHost();
        var products = ProductNames.Of([]);
        await using var topologies = New(host, products);
        await topologies.StartAsync([Plan("a", "products: [{ name: x.imu, from: { schema: pkg/msg/Imu } }]\ntriggers: [{ name: t, on: [x.imu], when: { newRows: 1 }, job: { trainer: builtin/a } }]")], Token);
        await topologies.ApplyAsync(Request("a", "products: [{ name: x.imu, from: { schema: pkg/msg/Imu } }]\ntriggers: [{ name: t, on: [x.imu], when: { newRows: 2 }, job: { trainer: builtin/b } }]", version: 2), Token);

        host.Calls.ShouldContain("start a@2");
        host.Calls.ShouldNotContain("stop a@1");
        products.TableOf("x.imu")!.ToString().ShouldBe("raw.pkg_imu");
        products.TableOf("x.imu@2")!.ToString().ShouldBe("raw.pkg_imu_v2");
        products.NameOf(new("raw", "pkg_imu_v2")).ShouldBe("x.imu@2");
        topologies.Triggers.ShouldHaveSingleItem().Job.Trainer.ShouldBe("builtin/b");
        (await Should.ThrowAsync<MeshException>(() => topologies.RetireAsync("a", new RetireRequest(), Token))).Code.ShouldBe("MESH2307");

        await topologies.RetireAsync("a", new RetireRequest(1), Token);
        products.TableOf("x.imu")!.ToString().ShouldBe("raw.pkg_imu_v2");
        (await Should.ThrowAsync<MeshException>(() => topologies.RetireAsync("a", new RetireRequest(), Token))).Code.ShouldBe("MESH2306");
        (await Should.ThrowAsync<MeshException>(() => topologies.RetireAsync("b", new RetireRequest(), Token))).Code.ShouldBe("MESH2305");
    }

    [Fact]
    public async Task What_one_server_applies_and_retires_the_others_on_its_database_take_over()
    {
        await using var one = New(new RecordingHost());
        await one.StartAsync([], Token);
        var host = new RecordingHost();
        await using var two = New(host);
        await two.StartAsync([], Token);
        host.Calls.Clear();
        using var stop = new CancellationTokenSource();
        var following = two.FollowAsync(stop.Token);

        await one.ApplyAsync(Request("b", "partition: { namespace: b }"), Token);
        await FollowedAsync("start b@1");
        host.Calls.ShouldBe(["prepare b@1 from the beginning", "announce b@1 fleet-ingest@1", "start b@1"]);
        await one.ApplyAsync(Request("b", "partition: { namespace: b }\nlimits: { parallelism: 1 }"), Token);
        await FollowedAsync("start b@1");
        host.Calls.ShouldContain("stop b@1");
        await one.RetireAsync("fleet-ingest", new RetireRequest(), Token);
        await FollowedAsync("stop fleet-ingest@1");
        two.Active.Select(plan => plan.FullName).ShouldBe(["b@1"]);

        // Changes here are checked against what is in force there, also before the next look.
        await one.ApplyAsync(Request("c", "partition: { namespace: c }"), Token);
        (await Should.ThrowAsync<MeshException>(() => two.ApplyAsync(Request("d", "partition: { namespace: c }"), Token))).Code.ShouldBe("MESH2301");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => following);

        async Task FollowedAsync(string call)
        {
            host.Calls.Clear();
            while (!host.Calls.ToArray().Contains(call))
            {
                time.Advance(TimeSpan.FromSeconds(2));
                await Task.Delay(10, Token);
            }
        }
    }

    [Theory]
    [InlineData("MESH2301", "any schema", "", "")]
    [InlineData("MESH2301", "pkg/msg/Imu", "decode: { channels: [{ match: { schema: pkg/msg/Imu } }] }", "")]
    [InlineData("MESH2301", "pkg/*", "decode: { channels: [{ match: { schema: \"pkg/*\" } }] }", "decode: { channels: [{ match: { topic: /imu } }] }")]
    [InlineData("MESH2301", "raw.synchronised_f", "decode: { channels: [{ match: { schema: a } }] }\nsynchronise: [{ name: f, reference: { channel: a }, inputs: [{ channel: b }] }]", "decode: { channels: [{ match: { schema: b } }] }\nsynchronise: [{ name: f, reference: { channel: a }, inputs: [{ channel: b }] }]")]
    [InlineData("MESH2302", "consumer group g", "source: { group: g }\npartition: { namespace: one }", "source: { group: g }")]
    [InlineData("MESH2303", "product x.y", "partition: { namespace: one }\nproducts: [{ name: x.y, from: { schema: S } }]", "products: [{ name: x.y, from: { schema: T } }]")]
    [InlineData("MESH2304", "trigger 't'", "partition: { namespace: one }\ntriggers: [{ name: t, on: [raw.a], when: { newRows: 1 }, job: { trainer: builtin/a } }]", "triggers: [{ name: t, on: [raw.b], when: { newRows: 1 }, job: { trainer: builtin/a } }]")]
    [InlineData("MESH2309", "topic rows", "partition: { namespace: one }\nproducts: [{ name: x.y, from: { schema: S }, publish: { topic: rows } }]", "products: [{ name: x.z, from: { schema: T }, publish: { topic: rows } }]")]
    public async Task Two_that_collide_are_refused_with_both_names_and_a_remedy(string code, string what, string one, string other)
    {
        var host = new RecordingHost();
        await using var topologies = New(host);
        await topologies.StartAsync([Plan("one", one)], Token);
        host.Calls.Clear();

        var refusal = await Should.ThrowAsync<MeshException>(() => topologies.ApplyAsync(Request("other", other), Token));

        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldContain(what);
        refusal.Message.ShouldContain("one@1");
        refusal.Message.ShouldContain("other@1");
        host.Calls.ShouldBeEmpty();
        (await topologies.PlanAsync(Request("other", other), Token)).Conflicts.ShouldHaveSingleItem().ShouldStartWith(code);
        await Should.ThrowAsync<MeshException>(() => New(host).StartAsync([Plan("one", one), Plan("other", other)], Token));
    }

    [Fact]
    public async Task A_plan_says_what_would_come_change_and_go_and_draws_the_graph()
    {
        await using var topologies = New(new RecordingHost());
        await topologies.StartAsync([Plan("a", "synchronise: [{ name: f, reference: { channel: a }, inputs: [{ channel: b }] }]\nproducts: [{ name: x.f, from: { synchronise: f } }, { name: x.old, from: { schema: S } }]")], Token);
        var plan = await topologies.PlanAsync(
            Request("a", "synchronise: [{ name: f, reference: { channel: a }, inputs: [{ channel: c }] }]\nproducts: [{ name: x.f, from: { synchronise: f } }, { name: x.new, from: { schema: T } }]\ntriggers: [{ name: t, on: [x.f], when: { newRows: 10 }, job: { trainer: builtin/a } }]\nlimits: { parallelism: 1 }"), Token);

        plan.Action.ShouldBe("change");
        plan.Changes.Select(change => $"{change.Action} {change.Kind} {change.Name}").ShouldBe(
        [
            "stay topic fleet.uploads.v1", "stay group mesh.a", "add section limits", "change table raw.synchronised_f", "add table raw.t", "stay table raw.*", "stay table raw.s",
            "stay product x.f", "add product x.new", "remove product x.old", "add trigger t",
        ]);
        plan.Notes.ShouldHaveSingleItem().ShouldStartWith("The version stays 1");
        plan.Tree.ShouldBe(
        [
            "fleet.uploads.v1          group mesh.a",
            "└─ decode                 every channel",
            "   ├─ synchronise f       1 inputs",
            "   │  └─ raw.synchronised_f",
            "   │     └─ product x.f",
            "   │        └─ trigger t  10 new rows: builtin/a on cpu",
            "   ├─ raw.t",
            "   │  └─ product x.new",
            "   └─ raw.*               one table per message schema",
        ]);
        plan.Mermaid.ShouldStartWith("flowchart LR\n  n0[[\"fleet.uploads.v1<br/>group mesh.a\"]]\n  n1[\"decode<br/>every channel\"]\n  n0 --> n1\n");
        (await topologies.ListAsync(Token)).ShouldHaveSingleItem().Products.ShouldBe(["x.f", "x.old"]);
    }

    [Theory]
    [InlineData("a*", "*b", true)]
    [InlineData("a*", "b*", false)]
    [InlineData("a?c", "ab*", true)]
    [InlineData("sensor_msgs/*", "*/Imu", true)]
    [InlineData("*Image", "*Imu", false)]
    [InlineData("", "*", true)]
    [InlineData("ab", "a", false)]
    [InlineData("**", "x", true)]
    public void Globs_overlap_when_some_text_matches_both(string one, string other, bool overlap)
    {
        GlobOverlap.Exists(one, other).ShouldBe(overlap);
        GlobOverlap.Exists(other, one).ShouldBe(overlap);
    }

    private static TopologyPlan Plan(string name, string sections) => TopologyPlan.Check(Topology.Parse(Yaml(name, sections, 1), name + ".yaml"));

    private static TopologyRequest Request(string name, string sections, int version = 1) => new(name + ".yaml", Yaml(name, sections, version));

    private static string Yaml(string name, string sections, int version) => $"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: {name}, version: {version} }}\n{sections}\n";

    private ActiveTopologies New(RecordingHost host, ProductNames? products = null) => new(store, host, products ?? ProductNames.Of([]), time);

    private sealed class RecordingHost : ITopologyHost
    {
        public List<string> Calls { get; } = [];

        public Task PrepareAsync(TopologyPlan plan, bool fromEarliest, CancellationToken cancellationToken)
        {
            Calls.Add($"prepare {plan.FullName} from {(fromEarliest ? "the beginning" : "its moment on")}");
            return Task.CompletedTask;
        }

        public void Start(TopologyPlan plan) => Calls.Add($"start {plan.FullName}");

        public Task StopAsync(TopologyPlan plan)
        {
            Calls.Add($"stop {plan.FullName}");
            return Task.CompletedTask;
        }

        public void Announce(IReadOnlyList<TopologyPlan> plans) => Calls.Add($"announce {string.Join(' ', plans.Select(plan => plan.FullName))}");
    }
}
