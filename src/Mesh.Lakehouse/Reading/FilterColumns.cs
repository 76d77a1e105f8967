using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Reading;

/// <summary>Finds what a condition looks at.</summary>
internal static class FilterColumns
{
    /// <summary>Top-level columns that a condition names, each once.</summary>
    /// <exception cref="MeshException"><c>MESH8109</c> when there is no such column.</exception>
    public static IReadOnlyList<Field> Of(Predicate filter, Schema schema)
    {
        var fields = new List<Field>();
        foreach (string path in Paths(filter))
        {
            var field = TopLevel(schema, path) ?? throw new MeshException("MESH8109",
                $"The table has no column '{path}' to filter by. There are: {string.Join(", ", schema.Fields.Select(known => known.Name))}.");
            if (!fields.Contains(field)) fields.Add(field);
        }

        return fields;
    }

    /// <summary>The paths that a condition names, as often as it does.</summary>
    public static IEnumerable<string> Paths(Predicate filter) => filter switch
    {
        ComparisonPredicate comparison => [comparison.Column],
        InPredicate list => [list.Column],
        PrefixPredicate prefix => [prefix.Column],
        NullPredicate isNull => [isNull.Column],
        AndPredicate and => and.Parts.SelectMany(Paths),
        OrPredicate or => or.Parts.SelectMany(Paths),
        NotPredicate not => Paths(not.Part),
        _ => [],
    };

    /// <summary>The paths whose values a condition compares: not those that it only tests for absence.</summary>
    public static IEnumerable<string> ComparedPaths(Predicate filter) => filter switch
    {
        NullPredicate => [],
        AndPredicate and => and.Parts.SelectMany(ComparedPaths),
        OrPredicate or => or.Parts.SelectMany(ComparedPaths),
        NotPredicate not => ComparedPaths(not.Part),
        _ => Paths(filter),
    };

    /// <summary>The column or field of a struct that a path leads to; null when there is none.</summary>
    public static Field? Leaf(IReadOnlyList<Field> fields, string path)
    {
        foreach (var field in fields)
        {
            if (path == field.Name) return field;
            if (field.Type is StructType structure && path.StartsWith(field.Name + ".", StringComparison.Ordinal)
                && Leaf(structure.Fields, path[(field.Name.Length + 1)..]) is { } below) return below;
        }

        return null;
    }

    private static Field? TopLevel(Schema schema, string path)
    {
        foreach (var field in schema.Fields)
        {
            if (path == field.Name || (field.Type is StructType && path.StartsWith(field.Name + ".", StringComparison.Ordinal))) return field;
        }

        return null;
    }
}
