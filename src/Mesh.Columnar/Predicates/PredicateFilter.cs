using System.Numerics;
using Mesh.Model;

namespace Mesh.Columnar;

/// <summary>A condition made ready for the batches of one schema: selects exactly the rows that match. Not thread-safe.</summary>
public sealed class PredicateFilter
{
    private readonly FilterNode root;
    private ulong[] bits = [];

    private PredicateFilter(FilterNode root) => this.root = root;

    /// <summary>Finds the columns and converts the literals.</summary>
    /// <param name="predicate">The condition.</param>
    /// <param name="schema">Schema of the batches to come.</param>
    /// <exception cref="MeshException">
    /// <c>MESH10910</c>: there is no such column outside of lists and maps. <c>MESH10911</c>: a literal is of another kind than its column.
    /// </exception>
    public static PredicateFilter Create(Predicate predicate, Schema schema) => new(Compile(predicate, true, schema));

    /// <summary>Selects the matching rows.</summary>
    /// <param name="batch">Of the schema that the filter was made for.</param>
    /// <param name="selection">Becomes the matching rows.</param>
    /// <returns>Number of matching rows.</returns>
    public int Select(RecordBatch batch, RowSelection selection)
    {
        int words = (batch.Length + 63) / 64;
        if (bits.Length < words) bits = new ulong[words];
        var found = bits.AsSpan(0, words);
        found.Clear();
        root.Evaluate(batch, found);
        selection.SetBits(found);
        return selection.Count;
    }

    /// <summary>Makes a node that is true where the condition is <paramref name="wanted"/>; that way no node needs a third value.</summary>
    private static FilterNode Compile(Predicate predicate, bool wanted, Schema schema)
    {
        switch (predicate)
        {
            case AndPredicate and:
                return new JunctionNode(wanted, [.. and.Parts.Select(part => Compile(part, wanted, schema))]);
            case OrPredicate or:
                return new JunctionNode(!wanted, [.. or.Parts.Select(part => Compile(part, wanted, schema))]);
            case NotPredicate not:
                return Compile(not.Part, !wanted, schema);
            case NullPredicate isNull:
                var (place, _) = Find(isNull.Column, schema);
                return new NullNode(place, wanted);
            case ComparisonPredicate comparison:
                var (at, type) = Find(comparison.Column, schema);
                var operation = wanted ? comparison.Operator : PredicatePruning.Opposite(comparison.Operator);
                return FilterNodes.Compare(at, type, operation, Literal.Of(comparison.Value, type, comparison.Column));
            case InPredicate list:
                var (column, listType) = Find(list.Column, schema);
                var equals = list.Values.Select(value => Literal.Of(value, listType, list.Column)).Select(literal =>
                    FilterNodes.Compare(column, listType, wanted ? ComparisonOperator.Equal : ComparisonOperator.NotEqual, literal));

                // Absent values are neither in an empty list nor not in it.
                return new JunctionNode(!wanted, wanted ? [.. equals] : [new NullNode(column, false), .. equals]);
            case PrefixPredicate prefix:
                var (text, textType) = Find(prefix.Column, schema);
                if (textType.Kind != TypeKind.Utf8) throw new MeshException("MESH10911", $"The column '{prefix.Column}' is no text, so it cannot be LIKE '{prefix.Prefix}%'. Compare it with = or <.");
                return new PrefixNode(text, System.Text.Encoding.UTF8.GetBytes(prefix.Prefix), wanted);
            default:
                throw new ArgumentOutOfRangeException(nameof(predicate), predicate, "No such predicate.");
        }
    }

    private static (int[] Place, DataType Type) Find(string path, Schema schema) => ColumnPath.Find(schema.Fields, path) is { } place
        ? (place, ColumnPath.FieldAt(schema.Fields, place).Type)
        : throw new MeshException(
            "MESH10910",
            $"There is no column '{path}' to filter by; there are: {string.Join(", ", schema.Fields.Select(field => field.Name))}. Name a column or a field of a struct, outside of lists and maps.");
}
