using Mesh.Training.Jobs;
using Mesh.Training.Models;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests;

public sealed class GateTests : IDisposable
{
    private readonly RunnerFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData(0.80, "passed", false)]
    [InlineData(0.79, "failed", true)]
    [InlineData(double.NaN, "not_evaluated", true)]
    [InlineData(null, "not_evaluated", true)]
    public void A_minimum_passes_only_on_a_value_that_reaches_it(double? value, string outcome, bool blocks)
    {
        var metrics = value is { } known ? new Dictionary<string, double> { ["accuracy"] = known } : [];

        var result = Gates.Evaluate(Gates.Parse("""{"accuracy":{"min":0.8}}"""), metrics, null).ShouldHaveSingleItem();

        (Word(result.Outcome), result.Blocks).ShouldBe((outcome, blocks));
    }

    [Theory]
    [InlineData(0.895, true, "passed", false)]
    [InlineData(0.885, true, "failed", true)]
    [InlineData(0.1, false, "not_evaluated", false)]
    [InlineData(null, true, "not_evaluated", true)]
    public void A_regression_is_measured_against_the_last_registered_version(double? value, bool hasPrevious, string outcome, bool blocks)
    {
        var metrics = value is { } known ? new Dictionary<string, double> { ["accuracy"] = known } : [];

        var result = Gates.Evaluate(Gates.Parse("""{"accuracy":{"max_regression":0.01}}"""), metrics, hasPrevious ? Entry(0.9) : null).ShouldHaveSingleItem();

        (Word(result.Outcome), result.Blocks).ShouldBe((outcome, blocks));
    }

    [Fact]
    public async Task A_rejected_model_is_kept_with_its_reason_and_later_ones_are_not_compared_with_it()
    {
        const string gates = """{"accuracy":{"min":0.5,"max_regression":0.01}}""";
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        foreach (var (trigger, accuracy) in ((string, double)[])[("a", 0.9), ("b", 0.7), ("c", 0.895)])
        {
            fixture.WriteTemplate(accuracy);
            await fixture.RunAsync(runner, Request(trigger, gates));
        }

        var models = await runner.Models.ListAsync("manoeuvre", Stop);
        models.OrderBy(model => model.Version).Select(model => model.State).ShouldBe([ModelState.Registered, ModelState.Rejected, ModelState.Registered]);
        models.Single(model => model.Version == 2).Reason.ShouldContain("0.7 is more than 0.01 below version 1's 0.9");
        models.Single(model => model.Version == 3).Gates.Single(gate => gate.Check == "max_regression").Baseline.ShouldBe(0.9);
        (await runner.Models.FindAsync("manoeuvre", null, Stop))!.Version.ShouldBe(3);
        (await fixture.EventsAsync()).Select(message => message.State.Split(':')[0]).ShouldBe(["registered", "rejected", "registered"]);
        (await runner.Jobs.ListAsync(10, Stop)).ShouldAllBe(job => job.State == JobState.Succeeded);
    }

    [Fact]
    public async Task A_gate_on_a_metric_nobody_reported_rejects_the_model()
    {
        var runner = fixture.Runner("$GOOD; $SUCCESS");

        await fixture.RunAsync(runner, Request(gates: """{"f1":{"min":0.1}}"""));

        var model = (await runner.Models.FindAsync("manoeuvre", 1, Stop))!;
        model.State.ShouldBe(ModelState.Rejected);
        model.Reason.ShouldContain("no f1");
        model.Gates.ShouldHaveSingleItem().Outcome.ShouldBe(GateOutcome.NotEvaluated);
    }

    private static string Word(GateOutcome outcome) => outcome switch
    {
        GateOutcome.Passed => "passed",
        GateOutcome.Failed => "failed",
        _ => "not_evaluated",
    };

    private static ModelEntry Entry(double accuracy) => new()
    {
        Name = "m",
        Version = 4,
        State = ModelState.Registered,
        Reason = "",
        JobId = "",
        TriggerId = "",
        Trainer = "",
        CodeVersion = "",
        Hyperparameters = new Dictionary<string, string>(),
        Metrics = new Dictionary<string, double> { ["accuracy"] = accuracy },
        Gates = [],
        Inputs = [],
        RecordingCount = 0,
        Uri = "",
        Sha256 = "",
        Bytes = 0,
        RegisteredAt = DateTimeOffset.UnixEpoch,
    };
}
