using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Search;
using Mesh.Training.Studies;

namespace Mesh.Training.Tests.Studies;

public class StudyRunnerTests : IDisposable
{
    private readonly StudyFixture fixture;

    public StudyRunnerTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected StudyRunnerTests(TestDatabase place) => fixture = new StudyFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_grid_ends_with_the_best_of_its_trials_as_the_only_model()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "sampler: { kind: grid, points: 9 }\nparallel: 3"));

        var study = await fixture.RunAsync();

        study.State.ShouldBe(StudyState.Finished, study.Reason);
        study.Trials.Select(trial => (trial.State, trial.Parameters["x"])).ShouldBe(Enumerable.Range(0, 9).Select(i => (TrialState.Complete, FormattableString.Invariant($"{i / 10.0}"))));
        study.Best.ShouldBe(3);
        study.BestValue!.Value.ShouldBe(0.8, 1e-6);
        study.Trials[3].Reports.ShouldBe([new TrialReport(1, 0.5), new TrialReport(2, 0.666667), new TrialReport(3, 0.75), new TrialReport(4, 0.8)]);
        var jobs = await fixture.Jobs.Jobs.ListAsync(100, Stop);
        jobs.Count.ShouldBe(9);
        var model = (await fixture.Jobs.Models.ListAsync(null, Stop)).ShouldHaveSingleItem();
        model.JobId.ShouldBe(study.Trials[3].JobId);
        model.Metrics["accuracy"].ShouldBe(0.8, 1e-6);
        study.ModelVersion.ShouldBe(model.Version);
        jobs.Where(job => job.JobId != model.JobId).ShouldAllBe(job => job.ModelVersion == null && job.State == JobState.Succeeded);
    }

    [Fact]
    public async Task A_study_that_says_none_makes_no_model()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "budget: { trials: 2 }\nregister: none"));

        (await fixture.RunAsync()).Best.ShouldNotBeNull();

        (await fixture.Jobs.Models.ListAsync(null, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Killed_between_any_two_steps_it_asks_for_the_same_trials_and_for_none_twice()
    {
        await fixture.AddAsync(StudyFixture.Yaml("whole", "budget: { trials: 8 }\nsampler: { startup: 3 }"));
        await fixture.AddAsync(StudyFixture.Yaml("killed", "budget: { trials: 8 }\nsampler: { startup: 3 }"));

        var whole = await fixture.RunAsync("whole");
        var killed = await fixture.RunAsync("killed", fixture.Restart);

        killed.Trials.Select(trial => trial.Parameters["x"]).ShouldBe(whole.Trials.Select(trial => trial.Parameters["x"]));
        killed.Trials.Select(trial => trial.JobId).Distinct().Count().ShouldBe(8);
        (await fixture.Jobs.Jobs.ListAsync(100, Stop)).Count.ShouldBe(16);
    }

    [Fact]
    public async Task A_trial_that_falls_behind_is_cancelled_while_it_runs_with_the_reason()
    {
        // Each trial waits for a file after an epoch, so that the test says who is where.
        fixture.Pause = "n=0; while [ ! -e \"$MESH_OUTPUT_DIR/../../../go-$x-$e\" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done";
        await fixture.AddAsync(StudyFixture.Yaml(rest: "sampler: { kind: grid, points: 2 }\nscheduler: { kind: asha, grace: 2, reduction: 2 }", space: "x: { choices: [0.3, 0.7] }"));
        await fixture.Studies.LookAsync(Stop);
        await fixture.DeliverAsync();
        var first = fixture.Jobs.RunNextAsync(Stop);
        await FinishAsync("0.3");
        (await first).ShouldBeTrue();
        await fixture.Studies.LookAsync(Stop);
        await fixture.DeliverAsync();

        var second = fixture.Jobs.RunNextAsync(Stop);
        await GoAsync("0.7", 1);
        await Eventually.TrueAsync(
            async () =>
            {
                await fixture.Studies.LookAsync(Stop);
                return (await fixture.ShowAsync()).Trials[1].State == TrialState.Pruned;
            },
            Stop);
        (await second).ShouldBeTrue();
        var study = await fixture.RunAsync();

        study.Trials.Select(trial => trial.State).ShouldBe([TrialState.Complete, TrialState.Pruned]);
        study.Trials[1].Reason.ShouldBe("at step 2 its value 0.266667 is not among the best 1 of 2 trials; 0.666667 was needed");
        study.Trials[1].Reports.Count.ShouldBe(2);
        var job = (await fixture.Jobs.Jobs.FindAsync(study.Trials[1].JobId!, Stop))!;
        job.State.ShouldBe(JobState.Cancelled);
        job.Reason.ShouldContain("not among the best");
        study.Best.ShouldBe(0);

        async Task FinishAsync(string x)
        {
            for (int epoch = 1; epoch <= 4; epoch++) await GoAsync(x, epoch);
        }

        async Task GoAsync(string x, int epoch)
        {
            Directory.CreateDirectory(fixture.JobsFolder);
            await File.WriteAllTextAsync(Path.Combine(fixture.JobsFolder, $"go-{x}-{epoch}"), "", Stop);
        }
    }

    [Fact]
    public async Task A_failed_trial_is_told_and_the_others_go_on()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "sampler: { kind: grid }", space: "x: { choices: [0.9, 0.2] }"));

        var study = await fixture.RunAsync();

        study.Trials.Select(trial => trial.State).ShouldBe([TrialState.Failed, TrialState.Complete]);
        study.Trials[0].Reason.ShouldNotBeNull().ShouldContain("refused");
        study.Best.ShouldBe(1);
    }

    [Fact]
    public async Task A_metric_that_the_card_lacks_is_a_failed_trial_that_says_which_there_are()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "budget: { trials: 1 }").Replace("metric: accuracy", "metric: f1"));

        var study = await fixture.RunAsync();

        study.Trials.ShouldHaveSingleItem().Reason.ShouldBe("its model card has no number 'f1'; there are: accuracy, note_free");
        study.Reason.ShouldBe("1 trials have ended; no trial has ended with a value");
        (await fixture.Jobs.Models.ListAsync(null, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stopped_study_goes_on_with_the_trial_that_was_stopped()
    {
        await fixture.AddAsync(StudyFixture.Yaml());
        await fixture.TurnAsync();
        await fixture.Studies.LookAsync(Stop);
        await fixture.DeliverAsync();
        await fixture.Studies.Studies.StopAsync("search", "lunch", fixture.Time.GetUtcNow(), Stop);
        (await Should.ThrowAsync<MeshException>(async () => await fixture.Studies.Studies.ResumeAsync("search", null, fixture.Time.GetUtcNow(), Stop))).Code.ShouldBe("MESH9365");

        await fixture.TurnAsync();
        await fixture.TurnAsync();
        var stopped = await fixture.ShowAsync();
        stopped.State.ShouldBe(StudyState.Stopped);
        stopped.Trials.Select(trial => (trial.State, trial.HasEnded)).ShouldBe([(TrialState.Complete, true), (TrialState.Stopped, true)]);
        (await fixture.Jobs.Jobs.FindAsync(stopped.Trials[1].JobId!, Stop))!.State.ShouldBe(JobState.Cancelled);

        await fixture.Studies.Studies.ResumeAsync("search", null, fixture.Time.GetUtcNow(), Stop);
        var study = await fixture.RunAsync();
        study.Trials.Count.ShouldBe(4);
        study.Trials.ShouldAllBe(trial => trial.State == TrialState.Complete);
        study.Trials[1].Parameters.ShouldBe(stopped.Trials[1].Parameters);
        study.Trials[1].JobId.ShouldNotBe(stopped.Trials[1].JobId);
    }

    [Fact]
    public async Task A_finished_study_goes_on_when_it_may_have_more_trials_and_registers_a_better_one()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "budget: { trials: 1 }"));
        (await fixture.RunAsync()).TrialCount.ShouldBe(1);
        (await Should.ThrowAsync<MeshException>(async () => await fixture.Studies.Studies.ResumeAsync("search", null, fixture.Time.GetUtcNow(), Stop))).Message.ShouldContain("--trials 11");

        await fixture.Studies.Studies.ResumeAsync("search", 8, fixture.Time.GetUtcNow(), Stop);
        var study = await fixture.RunAsync();

        study.TrialCount.ShouldBe(8);
        study.ModelVersion.ShouldBe((await fixture.Jobs.Models.ListAsync(null, Stop)).Max(model => model.Version));
    }

    [Fact]
    public async Task When_the_duration_is_over_what_runs_is_stopped_and_the_best_so_far_registered()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "budget: { duration: 10m }"));
        await fixture.TurnAsync();
        await fixture.Studies.LookAsync(Stop);
        await fixture.DeliverAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(11));

        var study = await fixture.RunAsync();

        study.Trials.Select(trial => trial.State).ShouldBe([TrialState.Complete, TrialState.Stopped]);
        study.Reason.ShouldStartWith("duration of 00:10:00 is over; trial 0 is best");
        study.ModelVersion.ShouldBe(1);
    }

    [Fact]
    public async Task Successive_halving_gives_the_best_more_epochs()
    {
        await fixture.AddAsync(StudyFixture.Yaml(rest: "scheduler: { kind: successiveHalving, grace: 1, most: 9, reduction: 3, configurations: 9 }\nsampler: { kind: grid, points: 9 }\nparallel: 4"));

        var study = await fixture.RunAsync();

        study.Trials.Count.ShouldBe(13);
        study.Trials.Skip(9).Select(trial => (trial.Resource, trial.Parameters["x"])).ShouldBe([(3, "0.3"), (3, "0.2"), (3, "0.4"), (9, "0.3")]);
        study.Trials[12].Reports.Count.ShouldBe(9);
        study.Best.ShouldBe(12);
    }

    [Fact]
    public async Task A_name_is_used_once()
    {
        await fixture.AddAsync(StudyFixture.Yaml());

        (await Should.ThrowAsync<MeshException>(async () => await fixture.AddAsync(StudyFixture.Yaml()))).Code.ShouldBe("MESH9361");
        (await Should.ThrowAsync<MeshException>(async () => await fixture.Studies.Studies.StopAsync("other", "why", fixture.Time.GetUtcNow(), Stop))).Code.ShouldBe("MESH9362");
        (await Should.ThrowAsync<MeshException>(async () => await fixture.Studies.Studies.StopAsync("search", " ", fixture.Time.GetUtcNow(), Stop))).Code.ShouldBe("MESH9364");
        (await fixture.Studies.Studies.ListAsync(fixture.Time.GetUtcNow(), Stop)).ShouldHaveSingleItem().Trials.ShouldBeEmpty();
        (await fixture.Studies.Studies.ListSnapshotsInUseAsync(Stop)).ShouldBe([1L << 60]);
    }
}
