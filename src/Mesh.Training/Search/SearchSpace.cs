using Mesh.Model;

namespace Mesh.Training.Search;

/// <summary>The hyperparameters of a study and their values. A point has a value per parameter, in their order.</summary>
public sealed class SearchSpace
{
    /// <summary>Most parameters of a space.</summary>
    public const int MaxParameters = 100;

    /// <summary>Most choices of a categorical parameter.</summary>
    public const int MaxChoices = 1000;

    private readonly int[] parents;

    /// <param name="parameters">In order: one that depends on another comes after it.</param>
    /// <exception cref="MeshException"><c>MESH9350</c> with the first thing that is wrong.</exception>
    public SearchSpace(IReadOnlyList<SearchParameter> parameters)
    {
        if (parameters.Count is 0 or > MaxParameters) throw Wrong($"A search space has 1 to {MaxParameters} parameters, this one {parameters.Count}.");
        Parameters = parameters;
        parents = new int[parameters.Count];
        for (int i = 0; i < parameters.Count; i++)
        {
            if (WhatIsWrongWith(parameters[i], parameters.Take(i)) is { } wrong) throw Wrong(wrong);
            parents[i] = parameters[i].Condition is { } condition ? IndexOf(condition.Parameter) : -1;
        }
    }

    /// <summary>The parameters.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }

    /// <summary>What is wrong with a parameter after those before it, for people; null when nothing is.</summary>
    public static string? WhatIsWrongWith(SearchParameter parameter, IEnumerable<SearchParameter> before)
    {
        string name = parameter.Name;
        var earlier = before.ToList();
        if (name.Length == 0) return "A parameter has no name.";
        if (earlier.Any(other => other.Name == name)) return $"There are two parameters '{name}'; rename one.";
        if (parameter.IsCategorical)
        {
            if (parameter.Choices.Count is < 2 or > MaxChoices) return $"'{name}' has {parameter.Choices.Count} choices; 2 to {MaxChoices} make sense.";
            if (parameter.Choices.Distinct().Count() < parameter.Choices.Count) return $"'{name}' has a choice twice; leave one out.";
        }
        else
        {
            if (!(Math.Abs(parameter.Low) <= SearchParameter.MaxMagnitude && Math.Abs(parameter.High) <= SearchParameter.MaxMagnitude)) return $"'{name}' has bounds beyond ±{SearchParameter.MaxMagnitude:E0}.";
            if (!(parameter.Low < parameter.High)) return $"'{name}' goes from {parameter.Low} to {parameter.High}; the first bound must be below the second.";
            bool whole = parameter.Kind is ParameterKind.Integer or ParameterKind.LogInteger;
            if (whole && (!double.IsInteger(parameter.Low) || !double.IsInteger(parameter.High) || !double.IsInteger(parameter.Step) || parameter.Step < 1)) return $"'{name}' is a whole number; its bounds and step must be whole too.";
            if (parameter.IsLog && parameter.Low <= 0) return $"'{name}' is searched by its logarithm, so its lower bound must be positive.";
            if (parameter.Kind == ParameterKind.LogInteger && parameter.Step != 1) return $"'{name}' is searched by its logarithm, which has no even steps; leave 'step' out.";
            if (parameter.Kind == ParameterKind.LogUniform && parameter.Step != 0) return $"'{name}' is searched by its logarithm, which has no even steps; leave 'step' out.";
            if (parameter.Step < 0 || parameter.Step > parameter.High - parameter.Low) return $"'{name}' has the step {parameter.Step}; it must be positive and fit between the bounds.";
            if (parameter.Step > 0 && parameter.Low + parameter.Count!.Value * parameter.Step - parameter.Step is var last && Math.Abs(last - parameter.High) > 1e-9 * Math.Max(1, Math.Abs(parameter.High))) return $"'{name}': {parameter.High} is no whole number of steps of {parameter.Step} above {parameter.Low}.";
        }

        if (parameter.Condition is not { } condition) return null;
        if (earlier.Find(other => other.Name == condition.Parameter) is not { } parent) return $"'{name}' depends on '{condition.Parameter}', which must be declared before it.";
        if (!parent.IsCategorical) return $"'{name}' depends on '{parent.Name}', which is a number; only a parameter with choices can be depended on.";
        if (condition.Values.Count == 0) return $"'{name}' depends on no value of '{parent.Name}'.";
        return condition.Values.FirstOrDefault(value => !parent.Choices.Contains(value)) is { } unknown ? $"'{name}' depends on '{unknown}', which is none of the choices of '{parent.Name}': {string.Join(", ", parent.Choices)}." : null;
    }

    /// <summary>Whether a parameter exists, given the values of those before it.</summary>
    public bool IsActive(int parameter, ReadOnlySpan<double> point)
    {
        if (parents[parameter] is not (>= 0 and var parent)) return true;
        double choice = point[parent];
        return !double.IsNaN(choice) && Parameters[parameter].Condition!.Values.Contains(Parameters[parent].Choices[(int)choice]);
    }

    /// <summary>A point's parameters that exist, as texts by name.</summary>
    public IReadOnlyDictionary<string, string> Describe(IReadOnlyList<double> point)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < Parameters.Count; i++) if (!double.IsNaN(point[i])) values[Parameters[i].Name] = Parameters[i].Format(point[i]);
        return values;
    }

    /// <summary>The point that <see cref="Describe"/> told; names that are no parameters are passed over.</summary>
    /// <exception cref="MeshException"><c>MESH9351</c> when a parameter is missing, too many, or has no value of it.</exception>
    public double[] Parse(IReadOnlyDictionary<string, string> values)
    {
        double[] point = new double[Parameters.Count];
        for (int i = 0; i < point.Length; i++)
        {
            bool isThere = values.TryGetValue(Parameters[i].Name, out string? text);
            if (isThere != IsActive(i, point)) throw new MeshException("MESH9351", $"'{Parameters[i].Name}' {(isThere ? "has a value although its condition is not met" : "has no value")}.");
            point[i] = !isThere ? double.NaN : Parameters[i].Parse(text!) ?? throw new MeshException("MESH9351", $"'{text}' is no value of '{Parameters[i].Name}'.");
        }

        return point;
    }

    /// <summary>Sets of parameters that exist together: those without a condition, then those with the same one.</summary>
    internal IReadOnlyList<int[]> Units() =>
        [.. Enumerable.Range(0, Parameters.Count)
            .GroupBy(i => Parameters[i].Condition is { } condition ? $"{condition.Parameter}\n{string.Join('\n', condition.Values.Order(StringComparer.Ordinal))}" : "")
            .Select(group => group.ToArray()).OrderBy(unit => unit[0])];

    private int IndexOf(string name)
    {
        for (int i = 0; i < Parameters.Count; i++) if (Parameters[i].Name == name) return i;
        return -1;
    }

    private static MeshException Wrong(string message) => new("MESH9350", message);
}
