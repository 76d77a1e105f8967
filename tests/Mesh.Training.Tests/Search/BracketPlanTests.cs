using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

public sealed class BracketPlanTests
{
    [Fact]
    public void Hyperband_has_the_brackets_of_its_paper()
    {
        // Li et al. 2017, table 1: R = 81, eta = 3.
        (int Trials, long Resource)[] table =
        [
            (81, 1), (27, 3), (9, 9), (3, 27), (1, 81), (34, 3), (11, 9), (3, 27), (1, 81), (15, 9), (5, 27), (1, 81), (8, 27), (2, 81), (5, 81),
        ];
        Rungs(new SchedulerOptions { Kind = SchedulerKind.Hyperband, Grace = 1, Most = 81, Reduction = 3 }).ShouldBe(table);
    }

    [Fact]
    public void Successive_halving_gives_a_third_three_times_as_much()
    {
        Rungs(new SchedulerOptions { Kind = SchedulerKind.SuccessiveHalving, Grace = 2, Most = 20, Reduction = 3, Configurations = 20 }).ShouldBe([(20, 2), (6, 6), (2, 18)]);
        Rungs(new SchedulerOptions { Kind = SchedulerKind.SuccessiveHalving, Grace = 2, Most = 20, Reduction = 3, Configurations = 60 }).ShouldBe([(60, 2), (20, 6), (6, 18), (2, 20)]);
    }

    [Fact]
    public void A_rung_waits_for_the_one_before_and_takes_its_best()
    {
        var session = new SearchSession(TestFunctions.Box(("x", 0, 1)), new SearchOptions
        {
            Direction = SearchDirection.Minimise, Scheduler = new SchedulerOptions { Kind = SchedulerKind.SuccessiveHalving, Grace = 1, Most = 3, Reduction = 3, Configurations = 6 },
            Sampler = new SamplerOptions { Kind = SamplerKind.Random },
        });
        var first = Enumerable.Range(0, 6).Select(_ => session.Ask()!).ToList();
        foreach (var trial in first.Take(5)) session.Tell(trial.Number, trial.Number == 2 ? TrialState.Failed : TrialState.Complete, trial.Number == 2 ? null : 10 - trial.Number);
        session.Ask().ShouldBeNull();
        session.IsExhausted.ShouldBeFalse();

        session.Tell(5, TrialState.Complete, 7.5);
        var (best, second) = (session.Ask()!, session.Ask()!);
        best.Point.ShouldBe(first[4].Point);
        best.Resource.ShouldBe(3);
        second.Point.ShouldBe(first[3].Point);
        session.Ask().ShouldBeNull();
        session.IsExhausted.ShouldBeTrue();

        // A worse value of a longer trial says more than a better one of a shorter.
        session.Tell(6, TrialState.Complete, 9);
        session.Best!.Number.ShouldBe(6);
    }

    private static List<(int, long)> Rungs(SchedulerOptions options)
    {
        var plan = new BracketPlan(options);
        var rungs = new List<(int, long)>();
        for (int number = 0; plan.Find(number) is { } rung; number += rung.Size) rungs.Add((rung.Size, rung.Resource));
        return rungs;
    }
}
