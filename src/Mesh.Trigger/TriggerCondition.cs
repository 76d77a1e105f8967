using System.Globalization;

namespace Mesh.Trigger;

/// <summary>What must have been added to a product since a rule last fired for it.</summary>
public abstract record TriggerCondition
{
    private protected TriggerCondition()
    {
    }

    /// <summary>For people: <c>100,000 new rows or 1 h of recording</c>.</summary>
    public sealed override string ToString() => Describe(inner: false);

    /// <summary>The conditions without parts that it is made of.</summary>
    public IEnumerable<TriggerCondition> Leaves() => this switch
    {
        AllCondition all => all.Parts.SelectMany(part => part.Leaves()),
        AnyCondition any => any.Parts.SelectMany(part => part.Leaves()),
        _ => [this],
    };

    private protected string Describe(bool inner) => this switch
    {
        NewRowsCondition rows => string.Create(CultureInfo.InvariantCulture, $"{rows.AtLeast:N0} new rows"),
        NewDurationCondition duration => $"{DurationWords.Of(duration.AtLeast)} of new recordings",
        NewVehiclesCondition vehicles => string.Create(CultureInfo.InvariantCulture, $"{vehicles.AtLeast:N0} vehicles"),
        LabelsCondition labels => string.Join(" and ", labels.AtLeast.Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Value:N0} rows of {labels.Column} {label.Key}"))),
        DriftCondition drift => string.Create(CultureInfo.InvariantCulture, $"{drift.Measure.ToString().ToUpperInvariant()} of {drift.Column} above {drift.Above}"),
        AllCondition all => Join(all.Parts, " and ", inner),
        AnyCondition any => Join(any.Parts, " or ", inner),
        _ => "",
    };

    private static string Join(IReadOnlyList<TriggerCondition> parts, string word, bool inner)
    {
        string text = string.Join(word, parts.Select(part => part.Describe(inner: true)));
        return inner && parts.Count > 1 ? $"({text})" : text;
    }
}

/// <summary>So many rows.</summary>
/// <param name="AtLeast">Rows.</param>
public sealed record NewRowsCondition(long AtLeast) : TriggerCondition;

/// <summary>So much recorded time, summed over recordings.</summary>
/// <param name="AtLeast">Last minus first log time of each recording.</param>
public sealed record NewDurationCondition(TimeSpan AtLeast) : TriggerCondition;

/// <summary>Rows of so many different vehicles.</summary>
/// <param name="AtLeast">Vehicles.</param>
public sealed record NewVehiclesCondition(long AtLeast) : TriggerCondition;

/// <summary>So many rows of each of some values of a column.</summary>
/// <param name="Column">Path of a column of text, whole numbers or truth values.</param>
/// <param name="AtLeast">Rows by value.</param>
public sealed record LabelsCondition(string Column, IReadOnlyDictionary<string, long> AtLeast) : TriggerCondition;

/// <summary>A column's values are distributed otherwise than in the rows that the last firing which led to a registered model brought.</summary>
/// <param name="Column">Path of a column of numbers, text or truth values; absent values do not count.</param>
/// <param name="Measure">How the two distributions are compared.</param>
/// <param name="Bins">Bins of numbers, each with the same share of the earlier rows; KS has no use for them.</param>
/// <param name="Above">The measure must be greater.</param>
public sealed record DriftCondition(string Column, DriftMeasure Measure, int Bins, double Above) : TriggerCondition;

/// <summary>All of some conditions.</summary>
public sealed record AllCondition(IReadOnlyList<TriggerCondition> Parts) : TriggerCondition;

/// <summary>Any of some conditions: whichever comes first.</summary>
public sealed record AnyCondition(IReadOnlyList<TriggerCondition> Parts) : TriggerCondition;
