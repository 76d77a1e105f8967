using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Reading;

/// <summary>
/// A condition by the names that columns have in one file, for the reader to leave out row groups, pages and rows. What the file cannot answer
/// is left out: a column that it lacks, or that has been widened since, whose literals compare otherwise.
/// </summary>
internal static class FileFilter
{
    /// <summary>The part of a condition that the file can answer; null when there is none.</summary>
    public static Predicate? Of(Predicate filter, IReadOnlyList<Field> table, IReadOnlyList<Field> file)
    {
        if (filter is not AndPredicate and) return Rename(filter, path => PathIn(path, table, file));
        var parts = and.Parts.Select(part => Of(part, table, file)).OfType<Predicate>().ToList();
        return parts.Count == 0 ? null : new AndPredicate(parts);
    }

    private static Predicate? Rename(Predicate filter, Func<string, string?> pathOf)
    {
        switch (filter)
        {
            case ComparisonPredicate comparison:
                return pathOf(comparison.Column) is { } compared ? comparison with { Column = compared } : null;
            case InPredicate list:
                return pathOf(list.Column) is { } listed ? list with { Column = listed } : null;
            case PrefixPredicate prefix:
                return pathOf(prefix.Column) is { } begun ? prefix with { Column = begun } : null;
            case NullPredicate isNull:
                return pathOf(isNull.Column) is { } tested ? new NullPredicate(tested) : null;
            case NotPredicate not:
                return Rename(not.Part, pathOf) is { } part ? new NotPredicate(part) : null;
            case AndPredicate and:
                return RenameAll(and.Parts, pathOf) is { } all ? new AndPredicate(all) : null;
            case OrPredicate or:
                return RenameAll(or.Parts, pathOf) is { } any ? new OrPredicate(any) : null;
            default:
                return null;
        }
    }

    private static List<Predicate>? RenameAll(IReadOnlyList<Predicate> parts, Func<string, string?> pathOf)
    {
        var renamed = new List<Predicate>(parts.Count);
        foreach (var part in parts)
        {
            if (Rename(part, pathOf) is not { } known) return null;
            renamed.Add(known);
        }

        return renamed;
    }

    private static string? PathIn(string path, IReadOnlyList<Field> table, IReadOnlyList<Field> file)
    {
        foreach (var field in table)
        {
            bool isLeaf = path == field.Name;
            if (!isLeaf && !(field.Type is StructType && path.StartsWith(field.Name + ".", StringComparison.Ordinal))) continue;
            if (ColumnProjection.Find(file, field) is not { } found) return null;
            if (isLeaf) return found.Type.Equals(field.Type) ? found.Name : null;
            if (found.Type is StructType inFile && PathIn(path[(field.Name.Length + 1)..], ((StructType)field.Type).Fields, inFile.Fields) is { } below) return $"{found.Name}.{below}";
        }

        return null;
    }
}
