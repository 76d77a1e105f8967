using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

/// <summary>Schedulers against random search on a family of learning curves: the same epochs in all, the true quality of what each finds best.</summary>
public sealed class SchedulerComparisonTests(ITestOutputHelper output)
{
    private const int Repetitions = 31;
    private const int Epochs = 27;
    private const int Budget = Epochs * 20;

    public static TheoryData<string, SchedulerOptions, int> Cases => new()
    {
        { "ASHA", new SchedulerOptions { Kind = SchedulerKind.Asha, Grace = 1 }, 1 },
        { "ASHA", new SchedulerOptions { Kind = SchedulerKind.Asha, Grace = 1 }, 4 },
        { "median", new SchedulerOptions { Kind = SchedulerKind.Median, Grace = 3 }, 4 },
        { "successive halving", new SchedulerOptions { Kind = SchedulerKind.SuccessiveHalving, Grace = 1, Most = Epochs, Configurations = 81 }, 4 },
        { "Hyperband", new SchedulerOptions { Kind = SchedulerKind.Hyperband, Grace = 1, Most = Epochs }, 4 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void With_the_same_epochs_a_better_point_is_found_than_by_whole_trials(string name, SchedulerOptions scheduler, int parallel)
    {
        double scheduled = Median(scheduler, parallel);
        double whole = Median(new SchedulerOptions(), parallel);

        output.WriteLine(FormattableString.Invariant($"{name}, {parallel} at a time, {Budget} epochs: loss {scheduled:F4}, without {whole:F4}"));
        scheduled.ShouldBeLessThan(whole);
    }

    private static double Median(SchedulerOptions scheduler, int parallel) => TestFunctions.Median(Enumerable.Range(0, Repetitions).Select(seed => Search(scheduler, parallel, seed)));

    // Trials take an epoch each in turn, as on machines of equal speed, until the epochs are spent.
    private static double Search(SchedulerOptions scheduler, int parallel, int seed)
    {
        var noise = new Random(seed);
        var session = new SearchSession(
            TestFunctions.Box(("rate", 0, 1), ("width", 0, 1), ("decay", 0, 1)),
            new SearchOptions { Direction = SearchDirection.Minimise, Sampler = new SamplerOptions { Kind = SamplerKind.Random }, Scheduler = scheduler, Seed = (ulong)seed });
        var running = new Queue<(SearchTrial Trial, int Epoch)>();
        for (int spent = 0; spent < Budget; spent++)
        {
            while (running.Count < parallel && session.Ask() is { } asked) running.Enqueue((asked, 0));
            if (!running.TryDequeue(out var step)) break;
            var (trial, epoch) = (step.Trial, step.Epoch + 1);
            double value = Curve(trial.Point, epoch) + 0.02 * (noise.NextDouble() - 0.5);
            if (session.Report(trial.Number, new TrialReport(epoch, value)) is not null) continue;
            if (epoch == (trial.Resource ?? Epochs)) session.Tell(trial.Number, TrialState.Complete, value);
            else running.Enqueue((trial, epoch));
        }

        return session.Best is { } best ? Curve(best.Point, Epochs) : double.PositiveInfinity;
    }

    /// <summary>Falls to a level that the point sets, some points slowly: early values are a hint and no more.</summary>
    private static double Curve(IReadOnlyList<double> point, int epoch)
    {
        double level = Math.Pow(point[0] - 0.3, 2) + Math.Pow(point[1] - 0.6, 2) + 0.3 * Math.Abs(point[2] - 0.5);
        return level + (1 - level) * Math.Exp(-epoch * (0.3 + point[0]));
    }
}
