using System.Globalization;

namespace Mesh.Training.Search;

/// <summary>
/// A hyperparameter of a search space. A value is a double: the number itself, or the index of the choice; <see cref="double.NaN"/> stands for
/// a parameter that does not exist because of its condition.
/// </summary>
public sealed record SearchParameter
{
    /// <summary>Largest magnitude of a bound: above it, neighbouring whole numbers are no longer different doubles.</summary>
    public const double MaxMagnitude = 1e15;

    /// <summary>Name, as the trainer reads it.</summary>
    public required string Name { get; init; }

    /// <summary>How its values lie.</summary>
    public required ParameterKind Kind { get; init; }

    /// <summary>Smallest value.</summary>
    public double Low { get; init; }

    /// <summary>Largest value; with steps the largest that is a whole number of them above <see cref="Low"/>.</summary>
    public double High { get; init; }

    /// <summary>Distance of the values; 0 for none, whole numbers have at least 1.</summary>
    public double Step { get; init; }

    /// <summary>The choices of a categorical parameter.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>When it exists; null for always.</summary>
    public ParameterCondition? Condition { get; init; }

    /// <summary>Whether it is one of a few texts.</summary>
    public bool IsCategorical => Kind == ParameterKind.Categorical;

    /// <summary>Whether it is searched by its logarithm.</summary>
    public bool IsLog => Kind is ParameterKind.LogUniform or ParameterKind.LogInteger;

    /// <summary>How many values there are; null for a continuum.</summary>
    public double? Count => IsCategorical ? Choices.Count : Step > 0 ? Math.Round((High - Low) / Step) + 1 : null;

    /// <summary>
    /// The interval in which the parameter is searched, of its logarithm when that is uniform; with steps half a step wider at both ends, so that
    /// the first and last value are as likely as the others.
    /// </summary>
    internal (double Low, double High) Interval => (Scale(Low - Step / 2), Scale(High + Step / 2));

    /// <summary>A value at a place of <see cref="Interval"/>.</summary>
    internal double At(double place) => Snap(IsLog ? Math.Exp(place) : place);

    /// <summary>The place of a value in <see cref="Interval"/>.</summary>
    internal double PlaceOf(double value) => Scale(value);

    /// <summary>The part of <see cref="Interval"/> that <see cref="At"/> takes to a value, for one with steps.</summary>
    internal (double Low, double High) CellOf(double value) => (Scale(value - Step / 2), Scale(value + Step / 2));

    internal double Sample(ref SearchRandom random)
    {
        if (IsCategorical) return random.Next(Choices.Count);
        var (low, high) = Interval;
        return At(low + random.NextDouble() * (high - low));
    }

    /// <summary>Values spread evenly: all of them when they are not more than <paramref name="most"/>.</summary>
    internal double[] Spread(int most)
    {
        if (IsCategorical) return [.. Enumerable.Range(0, Choices.Count).Select(index => (double)index)];
        int count = Count is { } all && all < most ? (int)all : most;
        if (count == 1) return [At((Scale(Low) + Scale(High)) / 2)];
        double first = Scale(Low);
        double last = Scale(High);
        return [.. Enumerable.Range(0, count).Select(i => Snap(Tidy(At(first + (last - first) * i / (count - 1))))).Distinct()];
    }

    /// <summary>The value's text, as the trainer gets it; reading it gives the same value.</summary>
    public string Format(double value) => IsCategorical ? Choices[(int)value] : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="Format"/> wrote; null when it is none of the parameter's values.</summary>
    public double? Parse(string text)
    {
        if (IsCategorical)
        {
            for (int i = 0; i < Choices.Count; i++) if (Choices[i] == text) return i;
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= Low && value <= High && Snap(value) == value ? value : null;
    }

    private double Snap(double value)
    {
        if (Step <= 0) return Math.Clamp(value, Low, High);
        double steps = Math.Clamp(Math.Round((value - Low) / Step), 0, Math.Round((High - Low) / Step));
        return Tidy(Low + steps * Step);
    }

    // 0.1 + 2 * 0.1 is 0.30000000000000004; a person would have written 0.3.
    private static double Tidy(double value) => double.Parse(value.ToString("G13", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private double Scale(double value) => IsLog ? Math.Log(value) : value;
}
