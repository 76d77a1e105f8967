using Mesh.Streaming.Topologies;

namespace Mesh.Trigger.Tests;

public class TriggerRuleTests
{
    private const string Header = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: fleet, owner: platform }
        source: { topic: fleet.uploads.v1 }

        """;

    private static (IReadOnlyList<TriggerRule> Rules, string Errors) Read(string triggers)
    {
        var topology = Topology.Parse(Header + triggers, "fleet.yaml");
        var rules = TriggerRule.Read(topology.Section("triggers")!, topology.Name, topology.Version);
        return (rules, string.Join('\n', topology.Errors.All));
    }

    [Fact]
    public void The_designs_example_is_read_as_it_says()
    {
        var (rules, errors) = Read("""
            triggers:
              - name: retrain-manoeuvre
                on: [chassis.imu, perception.frames]
                when: { newRows: 100000, newDuration: 1h }
                cooldown: 10m
                job: { trainer: builtin/manoeuvre, pool: cpu, hyperparameters: { epochs: 5, learningRate: 0.01 }, gates: { accuracy: { min: 0.8, maxRegression: 0.01 } } }
            """);

        errors.ShouldBeEmpty();
        var rule = rules.ShouldHaveSingleItem();
        rule.Name.ShouldBe("retrain-manoeuvre");
        rule.Topology.ShouldBe("fleet");
        rule.TopologyVersion.ShouldNotBeEmpty();
        rule.Products.ShouldBe(["chassis.imu", "perception.frames"]);
        rule.IsJoin.ShouldBeFalse();
        rule.Inputs.ShouldAllBe(input => input.Filter == null);
        rule.Inputs[1].When.ShouldBeOfType<AnyCondition>().Parts.ShouldBe([new NewRowsCondition(100_000), new NewDurationCondition(TimeSpan.FromHours(1))]);
        rule.Inputs[0].When.ToString().ShouldBe("100,000 new rows or 1 h of new recordings");
        (rule.Schedule, rule.Debounce, rule.Budget).ShouldBe((null, null, null));
        rule.Cooldown.ShouldBe(TimeSpan.FromMinutes(10));
        rule.Job.Trainer.ShouldBe("builtin/manoeuvre");
        rule.Job.Pool.ShouldBe("cpu");
        rule.Job.Model.ShouldBe("manoeuvre");
        rule.Job.Hyperparameters.ShouldBe(new Dictionary<string, string> { ["epochs"] = "5", ["learningRate"] = "0.01" });
        rule.Job.GatesJson.ShouldBe("""{"accuracy":{"min":0.8,"max_regression":0.01}}""");
    }

    [Fact]
    public void A_job_says_what_it_does_what_it_needs_and_how_urgent_it_is()
    {
        var (rules, errors) = Read("""
            triggers:
              - name: r
                on: [frames]
                when: { newRows: 5 }
                job:
                  kind: finetune
                  trainer: python3 train.py
                  priority: -5
                  resources: { accelerator: nvidia-*, accelerators: 2, cores: 1.5, memory: 4GiB, maxDuration: 30m, onDemandOnly: true }
            """);

        errors.ShouldBeEmpty();
        var job = rules.ShouldHaveSingleItem().Job;
        (job.Kind, job.Priority, job.Pool).ShouldBe((Mesh.Model.JobKind.Finetune, -5, ""));
        job.Resources.ShouldBe(new TriggerResources { Accelerator = "nvidia-*", Accelerators = 2, Cores = 1.5, MemoryBytes = 4L << 30, MaxSeconds = 1800, OnDemandOnly = true });
        Read("triggers: [{ name: r, on: [f], when: { newRows: 5 }, job: { trainer: t, kind: dream, priority: 500, resources: { gpus: 1 } } }]").Errors.Split('\n').Length.ShouldBe(3);
    }

    [Fact]
    public void What_is_left_out_has_defaults()
    {
        var (rules, errors) = Read("""
            triggers:
              - { name: signs, on: [frames], when: { newRows: 5 }, job: { trainer: python3 train.py } }
            """);

        errors.ShouldBeEmpty();
        var rule = rules.ShouldHaveSingleItem();
        rule.Inputs.ShouldHaveSingleItem().When.ShouldBe(new NewRowsCondition(5));
        rule.Cooldown.ShouldBe(TimeSpan.Zero);
        (rule.Job.Model, rule.Job.Pool, rule.Job.GatesJson, rule.Job.Hyperparameters.Count).ShouldBe(("signs", "cpu", "", 0));
    }

    [Fact]
    public void Everything_a_rule_can_say_is_read_as_it_says()
    {
        var (rules, errors) = Read("""
            triggers:
              - name: nightly
                join:
                  - frames
                  - { product: imu, filter: { vehicle_id: [V1, "it's"], speed: { min: 3, max: 4.5 }, ok: true }, when: { drift: { column: a.x, measure: ks, above: 0.3 } } }
                filter: "speed > 3"
                when:
                  all:
                    newRows: 1000
                    any: { newVehicles: 3, labels: { column: manoeuvre, atLeast: { cut_in: 200, keep_lane: 10 } } }
                    drift: [{ column: speed, above: 0.2 }, { column: weather, measure: js, bins: 20, above: 0.1 }]
                schedule: { days: [mon, Sun], from: "22:00", to: "06:00", timeZone: Europe/Berlin }
                debounce: { quiet: 10m, maxWait: 2h }
                cooldown: 1h
                budget: { jobs: 4, hours: 2.5, per: 7d }
                job: { trainer: t }
            """);

        errors.ShouldBeEmpty();
        var rule = rules.ShouldHaveSingleItem();
        rule.IsJoin.ShouldBeTrue();
        rule.Inputs.Select(input => input.Product).ShouldBe(["frames", "imu"]);
        rule.Inputs[0].Filter!.Text.ShouldBe("speed > 3");
        rule.Inputs[1].Filter!.Text.ShouldBe("\"vehicle_id\" IN ('V1', 'it''s') AND \"speed\" >= 3 AND \"speed\" <= 4.5 AND \"ok\" = TRUE");
        rule.Inputs[1].When.ShouldBe(new DriftCondition("a.x", DriftMeasure.Ks, 10, 0.3));
        rule.Inputs[0].When.ToString().ShouldBe(
            "1,000 new rows and PSI of speed above 0.2 and JS of weather above 0.1 and (3 vehicles or 200 rows of manoeuvre cut_in and 10 rows of manoeuvre keep_lane)");
        rule.Schedule!.ToString().ShouldBe("Mon, Sun 22:00 to 06:00 (Europe/Berlin)");
        rule.Debounce.ShouldBe(new TriggerDebounce(TimeSpan.FromMinutes(10), TimeSpan.FromHours(2)));
        rule.Budget.ShouldBe(new TriggerBudget(4, 2.5, TimeSpan.FromDays(7)));
    }

    [Fact]
    public void Two_rules_that_mean_the_same_have_the_same_hash_however_they_are_written()
    {
        string one = Read("triggers:\n  - { name: a, on: [p], when: { newRows: 5 }, job: { trainer: t } }").Rules[0].Hash;

        Read("triggers:\n  - on: [p]   # the product\n    name: a\n    job: { trainer: t }\n    when: { newRows: 5 }").Rules[0].Hash.ShouldBe(one);
        Read("triggers:\n  - { name: a, on: [p], when: { newRows: 6 }, job: { trainer: t } }").Rules[0].Hash.ShouldNotBe(one);
    }

    [Theory]
    [InlineData("{ name: a, on: [p], join: [p, q], when: { newRows: 5 }, job: { trainer: t } }", "either 'on'")]
    [InlineData("{ name: a, join: [p], when: { newRows: 5 }, job: { trainer: t } }", "at least two")]
    [InlineData("{ name: a, join: [p, p], when: { newRows: 5 }, job: { trainer: t } }", "twice")]
    [InlineData("{ name: a, join: [p, { product: q, wen: 1 }], when: { newRows: 5 }, job: { trainer: t } }", "Did you mean 'when'")]
    [InlineData("{ name: a, join: [{ product: p, when: { newRows: 5 } }, q], job: { trainer: t } }", "needs 'when'")]
    [InlineData("{ name: a, on: [p], filter: \"speed >\", when: { newRows: 5 }, job: { trainer: t } }", "filter:")]
    [InlineData("{ name: a, on: [p], filter: {}, when: { newRows: 5 }, job: { trainer: t } }", "at least one column")]
    [InlineData("{ name: a, on: [p], when: {}, job: { trainer: t } }", "at least one of")]
    [InlineData("{ name: a, on: [p], when: { all: {} }, job: { trainer: t } }", "at least one of")]
    [InlineData("{ name: a, on: [p], when: { newVehicles: 0 }, job: { trainer: t } }", "'newVehicles' must be positive")]
    [InlineData("{ name: a, on: [p], when: { labels: { column: c } }, job: { trainer: t } }", "'atLeast'")]
    [InlineData("{ name: a, on: [p], when: { labels: { column: c, atLeast: { x: 0 } } }, job: { trainer: t } }", "'x' must be positive")]
    [InlineData("{ name: a, on: [p], when: { drift: { column: c } }, job: { trainer: t } }", "'above'")]
    [InlineData("{ name: a, on: [p], when: { drift: { column: c, measure: ks, above: 2 } }, job: { trainer: t } }", "below 1")]
    [InlineData("{ name: a, on: [p], when: { drift: { column: c, measure: kl, above: 1 } }, job: { trainer: t } }", "psi, ks, js")]
    [InlineData("{ name: a, on: [p], when: { drift: { column: c, bins: 1, above: 1 } }, job: { trainer: t } }", "'bins'")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, schedule: { days: [monday] }, job: { trainer: t } }", "mon, tue")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, schedule: { from: noon }, job: { trainer: t } }", "time of day")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, schedule: { timeZone: Mars/Olympus }, job: { trainer: t } }", "Europe/Berlin")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, debounce: { maxWait: 1h }, job: { trainer: t } }", "'quiet'")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, debounce: { quiet: 2h, maxWait: 1h }, job: { trainer: t } }", "shorter")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, budget: { per: 1d }, job: { trainer: t } }", "jobs, hours")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, budget: { jobs: 4 }, job: { trainer: t } }", "'per'")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, budget: { jobs: 0, per: 1d }, job: { trainer: t } }", "'jobs' must be positive")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 } }", "needs a 'job'")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, job: { pool: cpu } }", "trainer")]
    [InlineData("{ name: a, when: { newRows: 5 }, job: { trainer: t } }", "needs 'on'")]
    [InlineData("{ name: a, on: [], when: { newRows: 5 }, job: { trainer: t } }", "needs 'on'")]
    [InlineData("{ name: a, on: [p], job: { trainer: t } }", "needs 'when'")]
    [InlineData("{ name: a, on: [p], when: { newRows: -5 }, job: { trainer: t } }", "must be positive")]
    [InlineData("{ name: a, on: [p], when: { newRow: 5 }, job: { trainer: t } }", "newRow")]
    [InlineData("{ name: a, on: [p], when: { newRows: soon }, job: { trainer: t } }", "soon")]
    [InlineData("{ name: a, on: [p], when: { newDuration: 5 }, job: { trainer: t } }", "newDuration")]
    [InlineData("{ on: [p], when: { newRows: 5 }, job: { trainer: t } }", "name")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, job: { trainer: t, gates: { accuracy: {} } } }", "min, maxRegression")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, job: { trainer: t, gates: { accuracy: { max: 1 } } } }", "max")]
    [InlineData("{ name: a, on: [p], when: { newRows: 5 }, job: { trainer: t } }\n  - { name: a, on: [p], when: { newRows: 5 }, job: { trainer: t } }", "another trigger 'a'")]
    public void A_mistake_is_reported_at_its_line_with_what_to_write(string trigger, string expected)
    {
        var (_, errors) = Read($"triggers:\n  - {trigger}\n");

        errors.ShouldContain(expected);
        errors.ShouldContain("fleet.yaml:");
    }
}
