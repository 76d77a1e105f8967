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
        rule.NewRows.ShouldBe(100_000);
        rule.NewDuration.ShouldBe(TimeSpan.FromHours(1));
        rule.Cooldown.ShouldBe(TimeSpan.FromMinutes(10));
        rule.Job.Trainer.ShouldBe("builtin/manoeuvre");
        rule.Job.Pool.ShouldBe("cpu");
        rule.Job.Model.ShouldBe("manoeuvre");
        rule.Job.Hyperparameters.ShouldBe(new Dictionary<string, string> { ["epochs"] = "5", ["learningRate"] = "0.01" });
        rule.Job.GatesJson.ShouldBe("""{"accuracy":{"min":0.8,"max_regression":0.01}}""");
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
        rule.NewDuration.ShouldBeNull();
        rule.Cooldown.ShouldBe(TimeSpan.Zero);
        (rule.Job.Model, rule.Job.Pool, rule.Job.GatesJson, rule.Job.Hyperparameters.Count).ShouldBe(("signs", "cpu", "", 0));
    }

    [Theory]
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
