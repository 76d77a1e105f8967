using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

/// <summary>TPE against random search on standard functions: same number of trials, same seeds, medians over the repetitions.</summary>
public sealed class SamplerComparisonTests(ITestOutputHelper output)
{
    private const int Repetitions = 21;
    private const int Trials = 100;

    public static TheoryData<string, bool, int> Cases =>
    [
        ("Branin", true, 1), ("Branin", false, 1), ("Branin", true, 4),
        ("Hartmann6", true, 1), ("Hartmann6", false, 1), ("Hartmann6", true, 4),
        ("Rosenbrock", true, 1), ("Rosenbrock", false, 1), ("Rosenbrock", true, 4),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tpe_ends_nearer_to_the_least_value_than_random_search(string name, bool multivariate, int parallel)
    {
        var function = name switch { "Branin" => TestFunctions.Branin, "Hartmann6" => TestFunctions.Hartmann6, _ => TestFunctions.Rosenbrock };
        double tpe = Median(new SamplerOptions { Kind = SamplerKind.Tpe, Multivariate = multivariate });
        double random = Median(new SamplerOptions { Kind = SamplerKind.Random });

        output.WriteLine(FormattableString.Invariant($"{name}, multivariate {multivariate}, {parallel} at a time: TPE {tpe:F4}, random {random:F4}"));
        tpe.ShouldBeLessThan(random);

        double Median(SamplerOptions sampler) => TestFunctions.Median(Enumerable.Range(0, Repetitions).Select(seed => TestFunctions.Minimise(function, sampler, seed, Trials, parallel)));
    }
}
