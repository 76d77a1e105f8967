using Mesh.Model;
using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

public sealed class SearchSessionTests
{
    [Theory]
    [InlineData(SchedulerKind.None)]
    [InlineData(SchedulerKind.Asha)]
    [InlineData(SchedulerKind.Hyperband)]
    public void A_session_that_is_rebuilt_at_any_point_goes_on_as_if_it_had_not_ended(SchedulerKind scheduler)
    {
        var options = new SearchOptions
        {
            Direction = SearchDirection.Minimise, Seed = 11, Trials = 60, Sampler = new SamplerOptions { Startup = 4 },
            Scheduler = new SchedulerOptions { Kind = scheduler, Grace = 1, Most = 9 },
        };
        var whole = Run(options, restartEvery: int.MaxValue);
        for (int every = 1; every < 8; every++) Run(options, every).ShouldBe(whole, $"rebuilt every {every} steps");
        whole.Distinct().Count().ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Trials_that_run_keep_the_next_one_away_from_them()
    {
        // The same history, with and without a running trial where the next would go.
        var space = TestFunctions.Box(("x", 0, 1));
        var options = new SearchOptions { Direction = SearchDirection.Minimise, Sampler = new SamplerOptions { Startup = 5 } };
        double[] distances = new double[2];
        for (int seed = 0; seed < 40; seed++)
        {
            SearchTrial[] history = [.. Enumerable.Range(0, 12).Select(i => new SearchTrial { Number = i, Point = [i / 12.0], State = TrialState.Complete, Value = Math.Abs(i / 12.0 - 0.5) })];
            SearchTrial[] running = [.. Enumerable.Range(12, 4).Select(i => new SearchTrial { Number = i, Point = [0.5] })];
            distances[0] += Math.Abs(new SearchSession(space, options with { Seed = (ulong)seed }, history).Ask()!.Point[0] - 0.5);
            distances[1] += Math.Abs(new SearchSession(space, options with { Seed = (ulong)seed }, [.. history, .. running]).Ask()!.Point[0] - 0.5);
        }

        distances[1].ShouldBeGreaterThan(1.2 * distances[0]);
    }

    [Fact]
    public void What_a_pruned_trial_reports_later_and_values_that_are_none_change_nothing()
    {
        var session = new SearchSession(TestFunctions.Box(("x", 0, 1)), new SearchOptions { Scheduler = new SchedulerOptions { Kind = SchedulerKind.Asha, Grace = 1, Reduction = 2 } });
        session.Ask();
        session.Ask();
        session.Report(0, new TrialReport(1, 0.9)).ShouldBeNull();
        session.Report(1, new TrialReport(1, 0.1)).ShouldNotBeNull();
        session.Report(1, new TrialReport(2, 0.99)).ShouldBeNull();
        session.Report(0, new TrialReport(1, 0.2)).ShouldBeNull();
        session.Report(0, new TrialReport(2, double.NaN)).ShouldBeNull();
        session.Tell(0, TrialState.Complete, double.PositiveInfinity);

        session.Trials.Select(trial => (trial.State, trial.Reports.Count)).ShouldBe([(TrialState.Failed, 1), (TrialState.Pruned, 1)]);
        session.Best.ShouldBeNull();
        Should.Throw<MeshException>(() => session.Tell(2, TrialState.Failed)).Code.ShouldBe("MESH9352");
    }

    [Fact]
    public void A_rung_between_two_reports_is_judged_by_the_report_after_it()
    {
        var session = new SearchSession(TestFunctions.Box(("x", 0, 1)), new SearchOptions { Scheduler = new SchedulerOptions { Kind = SchedulerKind.Asha, Grace = 2, Reduction = 2 } });
        session.Ask();
        session.Ask();
        session.Report(0, new TrialReport(5, 0.9)).ShouldBeNull();
        session.Report(1, new TrialReport(1, 0.1)).ShouldBeNull();
        session.Report(1, new TrialReport(3, 0.1)).ShouldBe("at step 2 its value 0.1 is not among the best 1 of 2 trials; 0.9 was needed");
    }

    [Fact]
    public void Importance_finds_the_parameter_that_matters_and_leaves_those_that_do_not_at_nothing()
    {
        var space = new SearchSpace(
        [
            new() { Name = "much", Kind = ParameterKind.Uniform, Low = 0, High = 1 }, new() { Name = "nothing", Kind = ParameterKind.Uniform, Low = 0, High = 1 },
            new() { Name = "some", Kind = ParameterKind.Categorical, Choices = ["a", "b", "c"] },
        ]);
        var session = new SearchSession(space, new SearchOptions { Sampler = new SamplerOptions { Kind = SamplerKind.Random }, Trials = 200 });
        while (session.Ask() is { } trial) session.Tell(trial.Number, TrialState.Complete, Math.Pow(trial.Point[0] - 0.5, 2) * 10 + 0.2 * trial.Point[2]);

        var importance = ParameterImportance.Measure(space, session.Trials);
        importance.Select(item => item.Parameter).ShouldBe(["much", "some", "nothing"]);
        importance[0].Share.ShouldBeGreaterThan(0.7);
        importance[1].Share.ShouldBeInRange(0.01, 0.2);
        importance[2].Share.ShouldBeLessThan(0.05);
        ParameterImportance.Measure(space, session.Trials.Take(9)).ShouldBeEmpty();
    }

    private static List<string> Run(SearchOptions options, int restartEvery)
    {
        var (space, value) = TestFunctions.Branin;
        var session = new SearchSession(space, options);
        var running = new Queue<(int Number, int Epoch)>();
        for (int step = 1; step < 5000; step++)
        {
            if (step % restartEvery == 0) session = new SearchSession(space, options, session.Trials.ToList());
            if (running.Count < 3 && session.Ask() is { } asked)
            {
                running.Enqueue((asked.Number, 0));
                continue;
            }

            if (!running.TryDequeue(out var next)) break;
            var trial = session.Trials[next.Number];
            int epoch = next.Epoch + 1;
            if (session.Report(next.Number, new TrialReport(epoch, value(trial.Point) + 10.0 / epoch)) is not null) continue;
            if (epoch == (trial.Resource ?? 9)) session.Tell(next.Number, TrialState.Complete, value(trial.Point));
            else running.Enqueue((next.Number, epoch));
        }

        return [.. session.Trials.Select(trial => FormattableString.Invariant($"{trial.Number} {trial.State} {trial.Point[0]:R} {trial.Point[1]:R} {trial.Resource} {trial.Reports.Count}"))];
    }
}
