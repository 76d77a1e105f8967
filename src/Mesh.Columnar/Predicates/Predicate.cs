namespace Mesh.Columnar;

/// <summary>
/// A condition on rows. Columns are named by their path (<c>header.stamp.sec</c>) and lie outside of lists and maps. As in SQL a comparison
/// with an absent value is neither true nor false, and only rows for which the whole condition is true match. NaN equals itself and is greater
/// than every number, and zeros are equal, as in DuckDB and Spark. Texts and bytes compare byte by byte.
/// </summary>
public abstract record Predicate
{
    private protected Predicate()
    {
    }

    /// <summary>Paths of the columns that the condition names, each once.</summary>
    public IReadOnlyList<string> ColumnPaths()
    {
        var paths = new List<string>();
        Collect(this, paths);
        return paths;
    }

    private static void Collect(Predicate predicate, List<string> paths)
    {
        string? column = predicate switch
        {
            ComparisonPredicate comparison => comparison.Column,
            InPredicate list => list.Column,
            PrefixPredicate prefix => prefix.Column,
            NullPredicate isNull => isNull.Column,
            _ => null,
        };
        if (column is not null && !paths.Contains(column)) paths.Add(column);
        var parts = predicate switch
        {
            AndPredicate and => and.Parts,
            OrPredicate or => or.Parts,
            NotPredicate not => [not.Part],
            _ => [],
        };
        foreach (var part in parts) Collect(part, paths);
    }
}

/// <summary>A column compared with a literal.</summary>
/// <param name="Column">Path of the column.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="Value">A literal: bool, long, double, decimal, string, byte[], Guid, DateTimeOffset, DateOnly or TimeOnly, converted to the column's type where that loses nothing.</param>
public sealed record ComparisonPredicate(string Column, ComparisonOperator Operator, object Value) : Predicate;

/// <summary>A column equal to one of some literals.</summary>
/// <param name="Column">Path of the column.</param>
/// <param name="Values">Literals as in <see cref="ComparisonPredicate"/>.</param>
public sealed record InPredicate(string Column, IReadOnlyList<object> Values) : Predicate;

/// <summary>A text column that begins with a prefix.</summary>
/// <param name="Column">Path of the column.</param>
/// <param name="Prefix">The beginning.</param>
public sealed record PrefixPredicate(string Column, string Prefix) : Predicate;

/// <summary>A column without a value.</summary>
/// <param name="Column">Path of the column, of any type.</param>
public sealed record NullPredicate(string Column) : Predicate;

/// <summary>All of some conditions; true when there are none.</summary>
public sealed record AndPredicate(IReadOnlyList<Predicate> Parts) : Predicate;

/// <summary>Any of some conditions; false when there are none.</summary>
public sealed record OrPredicate(IReadOnlyList<Predicate> Parts) : Predicate;

/// <summary>The opposite of a condition.</summary>
public sealed record NotPredicate(Predicate Part) : Predicate;
