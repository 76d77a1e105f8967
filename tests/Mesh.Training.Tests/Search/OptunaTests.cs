using System.Text.Json;
using Mesh.Testing;
using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

/// <summary>Against Optuna (Debian's python3-optuna): the same trials are pruned at the same steps; TPE ends about where Optuna's does.</summary>
public sealed class OptunaTests(ITestOutputHelper output) : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly TemporaryFolder folder = new();

    private static string Script => Path.Combine(Repository.Root, "tests", "foreign", "studies-optuna.py");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Asha_and_the_median_rule_prune_the_trials_that_optuna_prunes()
    {
        RequireOptuna();
        var random = new Random(5);
        var cases = new List<PruningCase>();
        foreach (string kind in (string[])["asha", "median"])
        {
            for (int i = 0; i < 12; i++)
            {
                int steps = random.Next(5, 30);
                // Whole numbers, so that some values are equal.
                double[][] values = [.. Enumerable.Range(0, 40).Select(_ => random.Next(100) is var level ? Enumerable.Range(0, steps).Select(_ => (double)level + random.Next(30)).ToArray() : [])];
                cases.Add(new PruningCase(kind, random.Next(1, 4), random.Next(2, 5), random.Next(1, 8), i % 2 == 0, random.Next(1, 6), values));
            }
        }

        await File.WriteAllTextAsync(folder["cases.json"], JsonSerializer.Serialize(cases, JsonSerializerOptions.Web), TestContext.Current.CancellationToken);
        int[][] optuna = JsonSerializer.Deserialize<int[][]>(await ToolProcess.RunAsync(Python, "-W", "ignore", Script, "prune", folder["cases.json"]))!;

        int[][] ours = [.. cases.Select(Prune)];
        for (int i = 0; i < cases.Count; i++) ours[i].ShouldBe(optuna[i], $"case {i}, {cases[i].Kind}");
        ours.ShouldContain(steps => steps.Distinct().Count() > 2);
    }

    [Theory]
    [InlineData("Branin", 0.397887)]
    [InlineData("Hartmann6", -3.32237)]
    [InlineData("Rosenbrock", -9.0)]
    public async Task Tpe_ends_about_where_that_of_optuna_does(string name, double least)
    {
        Require.AtLeast(TestLevel.Full);
        RequireOptuna();
        const int repetitions = 21;
        const int trials = 100;
        double optuna = JsonSerializer.Deserialize<double>(await ToolProcess.RunAsync(Python, "-W", "ignore", Script, "tpe", name, $"{repetitions}", $"{trials}"));
        var function = name switch { "Branin" => TestFunctions.Branin, "Hartmann6" => TestFunctions.Hartmann6, _ => TestFunctions.Rosenbrock };
        double tpe = Median(new SamplerOptions());
        double random = Median(new SamplerOptions { Kind = SamplerKind.Random });

        output.WriteLine(FormattableString.Invariant($"{name}: least {least:F4}, Optuna {optuna:F4}, TPE {tpe:F4}, random {random:F4}"));
        // Nearer to Optuna than to random search: a fifth of the way at most.
        (tpe - optuna).ShouldBeLessThan(0.2 * (random - optuna));

        double Median(SamplerOptions sampler) => TestFunctions.Median(Enumerable.Range(0, repetitions).Select(seed => TestFunctions.Minimise(function, sampler, seed, trials)));
    }

    private static void RequireOptuna() => Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/optuna"), "needs python3-optuna: apt-get install python3-optuna");

    /// <summary>How many steps each trial makes when they run so many at a time, a step each in turn.</summary>
    private static int[] Prune(PruningCase given)
    {
        var scheduler = new SchedulerOptions { Kind = given.Kind == "asha" ? SchedulerKind.Asha : SchedulerKind.Median, Grace = given.Grace, Reduction = given.Reduction, Startup = given.Startup };
        var session = new SearchSession(TestFunctions.Box(("x", 0, 1)), new SearchOptions
        {
            Direction = given.Maximise ? SearchDirection.Maximise : SearchDirection.Minimise, Sampler = new SamplerOptions { Kind = SamplerKind.Random }, Scheduler = scheduler, Trials = given.Values.Length,
        });
        int[] steps = new int[given.Values.Length];
        var running = new Queue<int>();
        while (true)
        {
            while (running.Count < given.Parallel && session.Ask() is { } asked) running.Enqueue(asked.Number);
            if (!running.TryDequeue(out int number)) return steps;
            double[] values = given.Values[number];
            if (session.Report(number, new TrialReport(steps[number] + 1, values[steps[number]++])) is not null) continue;
            if (steps[number] == values.Length) session.Tell(number, TrialState.Complete, values[^1]);
            else running.Enqueue(number);
        }
    }

    private sealed record PruningCase(string Kind, int Grace, int Reduction, int Startup, bool Maximise, int Parallel, double[][] Values);
}
