using Mesh.Model;

namespace Mesh.Columnar;

/// <summary>Decides from bounds whether files, row groups or pages can be left unread.</summary>
public static class PredicatePruning
{
    /// <summary>Whether any row may match. False is certain: no row within the bounds matches.</summary>
    /// <param name="predicate">The condition.</param>
    /// <param name="boundsOf">What is known of a column by its path; null when nothing is. Bounds may be wider than the values, as shortened texts are.</param>
    /// <exception cref="MeshException"><c>MESH10911</c>: a literal is of another kind than its column.</exception>
    public static bool MayMatch(Predicate predicate, Func<string, ColumnBounds?> boundsOf) => MayBe(predicate, true, boundsOf, null);

    /// <param name="predicate">The condition.</param>
    /// <param name="boundsOf">As in <see cref="MayMatch(Predicate, Func{string, ColumnBounds?})"/>.</param>
    /// <param name="mayHold">Whether a column may hold a value; false is certain. Asked only where all values of the column have passed the bounds.</param>
    internal static bool MayMatch(Predicate predicate, Func<string, ColumnBounds?> boundsOf, Func<string, object, bool> mayHold) =>
        MayBe(predicate, true, boundsOf, mayHold);

    internal static ComparisonOperator Opposite(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal => ComparisonOperator.NotEqual,
        ComparisonOperator.NotEqual => ComparisonOperator.Equal,
        ComparisonOperator.Less => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.LessOrEqual => ComparisonOperator.Greater,
        ComparisonOperator.Greater => ComparisonOperator.LessOrEqual,
        _ => ComparisonOperator.Less,
    };

    /// <summary>Whether the condition may be <paramref name="wanted"/> for any row. An unknown result is neither true nor false.</summary>
    private static bool MayBe(Predicate predicate, bool wanted, Func<string, ColumnBounds?> boundsOf, Func<string, object, bool>? mayHold)
    {
        switch (predicate)
        {
            case AndPredicate and:
                return wanted ? and.Parts.All(part => MayBe(part, true, boundsOf, mayHold)) : and.Parts.Any(part => MayBe(part, false, boundsOf, mayHold));
            case OrPredicate or:
                return wanted ? or.Parts.Any(part => MayBe(part, true, boundsOf, mayHold)) : or.Parts.All(part => MayBe(part, false, boundsOf, mayHold));
            case NotPredicate not:
                return MayBe(not.Part, !wanted, boundsOf, mayHold);
            case NullPredicate isNull:
                var known = boundsOf(isNull.Column);
                if (known?.NullCount is not { } nulls) return true;
                return wanted ? nulls != 0 : nulls != known.ValueCount;
            case ComparisonPredicate comparison:
                var operation = wanted ? comparison.Operator : Opposite(comparison.Operator);
                if (!MayCompare(boundsOf(comparison.Column), comparison.Column, operation, comparison.Value)) return false;
                return operation != ComparisonOperator.Equal || mayHold is null || mayHold(comparison.Column, comparison.Value);
            case InPredicate list:
                return MayBeIn(boundsOf(list.Column), list, wanted, mayHold);
            case PrefixPredicate prefix:
                return MayBegin(boundsOf(prefix.Column), prefix, wanted);
            default:
                return true;
        }
    }

    private static bool HasNoValues(ColumnBounds bounds) => bounds.ValueCount is { } count && (count == 0 || bounds.NullCount == count);

    private static bool MayCompare(ColumnBounds? bounds, string column, ComparisonOperator operation, object value)
    {
        if (bounds is null) return true;
        var literal = Literal.Of(value, bounds.Type, column);
        if (HasNoValues(bounds)) return false;
        bool isFloating = literal.Kind == LiteralKind.Floating;
        if (isFloating && double.IsNaN(literal.Number)) return true;
        if (isFloating && bounds.MayHoldNaN && operation is ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual or ComparisonOperator.NotEqual) return true;
        var min = bounds.Min is null ? null : Literal.OfBound(bounds.Min, bounds.Type);
        var max = bounds.Max is null ? null : Literal.OfBound(bounds.Max, bounds.Type);
        int minOrder = min?.CompareTo(literal) ?? -1;
        int maxOrder = max?.CompareTo(literal) ?? 1;
        return operation switch
        {
            ComparisonOperator.Equal => minOrder <= 0 && maxOrder >= 0 && !literal.HasFraction,
            ComparisonOperator.NotEqual => min is null || max is null || minOrder != 0 || maxOrder != 0,
            ComparisonOperator.Less => minOrder < 0,
            ComparisonOperator.LessOrEqual => minOrder <= 0,
            ComparisonOperator.Greater => maxOrder > 0,
            _ => maxOrder >= 0,
        };
    }

    private static bool MayBeIn(ColumnBounds? bounds, InPredicate list, bool wanted, Func<string, object, bool>? mayHold)
    {
        if (!wanted) return list.Values.All(value => MayCompare(bounds, list.Column, ComparisonOperator.NotEqual, value)) && (bounds is null || !HasNoValues(bounds));
        foreach (object value in list.Values)
        {
            if (MayCompare(bounds, list.Column, ComparisonOperator.Equal, value) && (mayHold is null || mayHold(list.Column, value))) return true;
        }

        return false;
    }

    private static bool MayBegin(ColumnBounds? bounds, PrefixPredicate predicate, bool wanted)
    {
        if (bounds is null) return true;
        if (HasNoValues(bounds)) return false;
        byte[] prefix = Literal.Of(predicate.Prefix, DataType.Utf8, predicate.Column).Bytes;
        if (!wanted) return bounds.Min is null || bounds.Max is null || !bounds.Min.AsSpan().StartsWith(prefix) || !bounds.Max.AsSpan().StartsWith(prefix);
        if (bounds.Max is not null && bounds.Max.AsSpan().SequenceCompareTo(prefix) < 0) return false;
        return bounds.Min is null || bounds.Min.AsSpan().SequenceCompareTo(prefix) <= 0 || bounds.Min.AsSpan().StartsWith(prefix);
    }
}
