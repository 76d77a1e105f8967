using static Mesh.Training.Tests.SyntheticFrames;

namespace Mesh.Training.Tests.Governance;

/// <summary>What the built-in trainer reports for the gates, and what they make of it.</summary>
public sealed class PoisonedDataTests : IDisposable
{
    private readonly TrainerFixture trainer = new();
    private readonly GovernanceFixture fixture = new();

    public void Dispose()
    {
        trainer.Dispose();
        fixture.Dispose();
    }

    [Fact]
    public async Task A_model_of_poisoned_labels_is_stopped_by_the_metric_gate_and_one_of_clean_labels_is_not()
    {
        await fixture.AddPeopleAsync();
        double clean = await AccuracyOfAsync("clean", 0);
        double poisoned = await AccuracyOfAsync("poisoned", 0.9);
        int good = await fixture.TrainAsync(clean);
        int bad = await fixture.TrainAsync(poisoned);

        await fixture.PromoteAsync(good, "validated", "erin");
        (await fixture.RefusalOf(() => fixture.PromoteAsync(bad, "validated", "erin"), "MESH9624")).ShouldContain("metric failed: accuracy is");
    }

    [Fact]
    public async Task The_evaluation_tells_slices_robustness_and_frozen_hold_outs_and_is_the_same_every_time()
    {
        var holdout = new Jobs.JobHoldout("winter", new string('e', 64), [RecordingId(2)]);
        var batches = Enumerable.Range(1, 5).Select(number => new[] { Make(number, 400) }).ToList();
        var evaluations = new List<string>();
        foreach (string name in (string[])["one", "two"])
        {
            await trainer.PrepareAsync(batches, new() { ["epochs"] = "10" }, name, holdout);
            (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());
            evaluations.Add(await File.ReadAllTextAsync(Path.Combine(trainer.Output, "evaluation.json"), TestContext.Current.CancellationToken));
        }

        evaluations[1].ShouldBe(evaluations[0]);
        var evaluation = trainer.ReadJson("evaluation.json");
        var heldOut = evaluation.GetProperty("held_out_recordings").EnumerateArray().Select(id => id.GetString()).ToList();
        heldOut.ShouldNotContain(RecordingId(2));
        // A recording of these frames is a vehicle's only one.
        var vehicles = evaluation.GetProperty("slices").GetProperty("vehicle_id").EnumerateObject().ToList();
        vehicles.Select(vehicle => RecordingId(int.Parse(vehicle.Name[1..]))).Order(StringComparer.Ordinal).ShouldBe(heldOut);
        vehicles.Sum(vehicle => vehicle.Value.GetProperty("count").GetDouble()).ShouldBe(evaluation.GetProperty("metrics").GetProperty("held_out_windows").GetDouble());
        double whole = vehicles.Sum(vehicle => vehicle.Value.GetProperty("accuracy").GetDouble() * vehicle.Value.GetProperty("count").GetDouble());
        (whole / vehicles.Sum(vehicle => vehicle.Value.GetProperty("count").GetDouble())).ShouldBe(evaluation.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 1e-9);
        evaluation.GetProperty("robustness").EnumerateObject().Select(metric => metric.Name).ShouldBe(["accuracy_with_noise", "accuracy_without_worst_channel"]);
        var winter = evaluation.GetProperty("holdouts").GetProperty("winter");
        winter.GetProperty("digest").GetString().ShouldBe(holdout.Digest);
        winter.GetProperty("metrics").GetProperty("count").GetDouble().ShouldBe((400 - 16) / 4 + 1);

        var seen = trainer.ReadJson("model_card.json").GetProperty("inputs")[0];
        seen.GetProperty("ingest_ids").EnumerateArray().Select(id => id.GetString()).ShouldBe(new[] { 1, 3, 4, 5 }.Select(RecordingId).Order(StringComparer.Ordinal));
        seen.GetProperty("rows").GetInt64().ShouldBe(1600);
    }

    [Fact]
    public async Task What_is_held_out_for_good_does_not_change_the_model()
    {
        string[] options = ["without", "with"];
        var models = new List<byte[]>();
        foreach (string name in options)
        {
            bool with = name == "with";
            var batches = Enumerable.Range(1, with ? 5 : 4).Select(number => new[] { Make(number, 400) }).ToList();
            Jobs.JobHoldout[] holdouts = with ? [new("winter", new string('e', 64), [RecordingId(5)])] : [];
            await trainer.PrepareAsync(batches, new() { ["epochs"] = "5" }, name, holdouts);
            (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());
            models.Add(await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model", "model.onnx"), TestContext.Current.CancellationToken));
        }

        models[1].SequenceEqual(models[0]).ShouldBeTrue();
    }

    private async Task<double> AccuracyOfAsync(string name, double wrongShare)
    {
        await trainer.PrepareAsync([.. Enumerable.Range(1, 5).Select(number => new[] { Make(number, 500, wrongShare: wrongShare) })], new() { ["epochs"] = "20" }, name);
        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());
        return trainer.ReadJson("evaluation.json").GetProperty("metrics").GetProperty("accuracy").GetDouble();
    }
}
