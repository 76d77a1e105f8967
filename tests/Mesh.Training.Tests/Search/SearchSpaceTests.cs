using Mesh.Model;
using Mesh.Training.Search;

namespace Mesh.Training.Tests.Search;

public sealed class SearchSpaceTests
{
    private static readonly SearchSpace Mixed = new(
    [
        new() { Name = "optimiser", Kind = ParameterKind.Categorical, Choices = ["sgd", "adam", "lion"] },
        new() { Name = "rate", Kind = ParameterKind.LogUniform, Low = 1e-5, High = 1 },
        new() { Name = "layers", Kind = ParameterKind.Integer, Low = 1, High = 9, Step = 2 },
        new() { Name = "units", Kind = ParameterKind.LogInteger, Low = 1, High = 512, Step = 1 },
        new() { Name = "dropout", Kind = ParameterKind.Uniform, Low = 0.1, High = 0.7, Step = 0.1 },
        new() { Name = "momentum", Kind = ParameterKind.Uniform, Low = -1, High = 1, Condition = new("optimiser", ["sgd", "lion"]) },
        new() { Name = "schedule", Kind = ParameterKind.Categorical, Choices = ["flat", "cosine"], Condition = new("optimiser", ["sgd"]) },
        new() { Name = "cycles", Kind = ParameterKind.Integer, Low = 1, High = 3, Step = 1, Condition = new("schedule", ["cosine"]) },
    ]);

    [Theory]
    [InlineData(SamplerKind.Random, true)]
    [InlineData(SamplerKind.Tpe, true)]
    [InlineData(SamplerKind.Tpe, false)]
    [InlineData(SamplerKind.Grid, true)]
    public void Every_point_is_of_the_space_and_comes_back_from_its_text(SamplerKind kind, bool multivariate)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var session = new SearchSession(Mixed, new SearchOptions { Sampler = new SamplerOptions { Kind = kind, Multivariate = multivariate, Startup = 5, GridPoints = 3 }, Seed = (ulong)seed, Trials = 120 });
            while (session.Ask() is { } trial)
            {
                for (int i = 0; i < Mixed.Parameters.Count; i++)
                {
                    double value = trial.Point[i];
                    double.IsNaN(value).ShouldBe(!Mixed.IsActive(i, [.. trial.Point]), Mixed.Parameters[i].Name);
                    if (!double.IsNaN(value) && !Mixed.Parameters[i].IsCategorical) value.ShouldBeInRange(Mixed.Parameters[i].Low, Mixed.Parameters[i].High);
                }

                Mixed.Parse(Mixed.Describe(trial.Point)).ShouldBe(trial.Point);
                double score = trial.Point[0] == 1 ? Math.Log10(trial.Point[1]) : -10 - trial.Point[2];
                if (trial.Number % 7 == 3) session.Tell(trial.Number, TrialState.Failed);
                else if (trial.Number % 11 != 5) session.Tell(trial.Number, TrialState.Complete, score);
            }
        }
    }

    [Fact]
    public void Values_with_steps_are_as_a_person_writes_them()
    {
        var session = new SearchSession(Mixed, new SearchOptions { Sampler = new SamplerOptions { Kind = SamplerKind.Random }, Trials = 300 });
        var seen = new HashSet<string>();
        while (session.Ask() is { } trial) seen.Add(Mixed.Describe(trial.Point)["dropout"]);
        seen.Order(StringComparer.Ordinal).ShouldBe(["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]);
    }

    [Theory]
    [InlineData(ParameterKind.Integer, 1, 4, 1)]
    [InlineData(ParameterKind.LogInteger, 1, 4, 1)]
    public void The_first_and_the_last_whole_number_are_drawn_as_their_kind_says(ParameterKind kind, double low, double high, double step)
    {
        var space = new SearchSpace([new() { Name = "n", Kind = kind, Low = low, High = high, Step = step }]);
        var session = new SearchSession(space, new SearchOptions { Sampler = new SamplerOptions { Kind = SamplerKind.Random }, Trials = 10_000 });
        int[] counts = new int[5];
        while (session.Ask() is { } trial) counts[(int)trial.Point[0]]++;

        for (int n = 1; n <= 4; n++)
        {
            double expected = kind == ParameterKind.Integer ? 0.25 : Math.Log((n + 0.5) / (n - 0.5)) / Math.Log(4.5 / 0.5);
            ((double)counts[n] / 10_000).ShouldBe(expected, 0.02);
        }
    }

    [Fact]
    public void A_grid_has_each_combination_once_and_none_of_what_does_not_exist()
    {
        var space = new SearchSpace(
        [
            new() { Name = "a", Kind = ParameterKind.Categorical, Choices = ["x", "y"] },
            new() { Name = "b", Kind = ParameterKind.Integer, Low = 1, High = 3, Step = 1, Condition = new("a", ["x"]) },
            new() { Name = "c", Kind = ParameterKind.LogUniform, Low = 0.01, High = 1 },
        ]);
        var session = new SearchSession(space, new SearchOptions { Sampler = new SamplerOptions { Kind = SamplerKind.Grid, GridPoints = 3 } });
        var points = new List<string>();
        while (session.Ask() is { } trial) points.Add(string.Join(' ', space.Describe(trial.Point).Select(value => $"{value.Key}{value.Value}")));

        points.Count.ShouldBe(3 * 3 + 3);
        points.Distinct().Count().ShouldBe(points.Count);
        points.ShouldContain("ax b2 c0.1");
        points.ShouldContain("ay c1");
    }

    [Theory]
    [InlineData("0", "1 to 100 parameters")]
    [InlineData("steps", "no whole number of steps")]
    [InlineData("log", "must be positive")]
    [InlineData("order", "below the second")]
    [InlineData("whole", "must be whole")]
    [InlineData("parent", "must be declared before")]
    [InlineData("value", "none of the choices")]
    [InlineData("twice", "two parameters")]
    [InlineData("huge", "bounds beyond")]
    public void What_makes_no_sense_is_refused(string what, string message)
    {
        SearchParameter choice = new() { Name = "a", Kind = ParameterKind.Categorical, Choices = ["x", "y"] };
        SearchParameter number = new() { Name = "b", Kind = ParameterKind.Uniform, Low = 0, High = 1 };
        SearchParameter[] parameters = what switch
        {
            "0" => [],
            "steps" => [number with { Step = 0.3 }],
            "log" => [number with { Kind = ParameterKind.LogUniform }],
            "order" => [number with { Low = 2 }],
            "whole" => [number with { Kind = ParameterKind.Integer, Step = 0.5 }],
            "parent" => [number with { Condition = new("a", ["x"]) }, choice],
            "value" => [choice, number with { Condition = new("a", ["z"]) }],
            "twice" => [number, number],
            _ => [number with { High = 1e300 }],
        };

        var error = Should.Throw<MeshException>(() => new SearchSpace(parameters));
        error.Code.ShouldBe("MESH9350");
        error.Message.ShouldContain(message);
    }
}
