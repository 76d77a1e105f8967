using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;

namespace Mesh.Lakehouse.Reading;

/// <summary>What a condition's equalities mean for partition fields that are buckets: the hash keeps no order, but equal values share one.</summary>
internal sealed class BucketPruning
{
    private static readonly Predicate Never = new OrPredicate([]);

    private readonly Dictionary<Predicate, List<(int Index, int?[] Buckets)>> equalities = new(ReferenceEqualityComparer.Instance);

    /// <param name="layout">The spec.</param>
    /// <param name="filter">The condition.</param>
    /// <param name="columns">Its columns by path.</param>
    public BucketPruning(PartitionLayout layout, Predicate filter, IReadOnlyDictionary<string, Field> columns)
    {
        for (int i = 0; i < layout.Types.Count; i++)
        {
            var field = layout.Spec.Fields[i];
            if (field.Transform != PartitionTransform.Bucket) continue;
            foreach (var leaf in Leaves(filter))
            {
                var (path, values) = leaf switch
                {
                    ComparisonPredicate { Operator: ComparisonOperator.Equal } equal => (equal.Column, [equal.Value]),
                    InPredicate list => (list.Column, list.Values),
                    _ => ("", (IReadOnlyList<object>)[]),
                };
                if (!columns.TryGetValue(path, out var column) || column.Id != field.SourceId) continue;
                int?[] buckets = [.. values.Select(value => PartitionTransforms.BucketOf(value, column.Type, field.Parameter))];
                if (!equalities.TryGetValue(leaf, out var known)) equalities.Add(leaf, known = []);
                known.Add((i, buckets));
            }
        }
    }

    /// <summary>The condition without what cannot be true in a range of buckets.</summary>
    /// <param name="filter">The condition this was made for.</param>
    /// <param name="rangeOf">Smallest and largest bucket of a partition field by its place; nulls when there are only absent values.</param>
    public Predicate Restrict(Predicate filter, Func<int, (int? Lower, int? Upper)> rangeOf)
    {
        if (equalities.Count == 0) return filter;
        switch (filter)
        {
            case AndPredicate and:
                return new AndPredicate([.. and.Parts.Select(part => Restrict(part, rangeOf))]);
            case OrPredicate or:
                return new OrPredicate([.. or.Parts.Select(part => Restrict(part, rangeOf))]);
            case NotPredicate:
                // What cannot be true may still be false or unknown, which a negation tells apart.
                return filter;
        }

        if (!equalities.TryGetValue(filter, out var known)) return filter;
        foreach (var (index, buckets) in known)
        {
            var (lower, upper) = rangeOf(index);
            if (!buckets.Any(bucket => bucket is null || (lower <= bucket && bucket <= upper))) return Never;
        }

        return filter;
    }

    private static IEnumerable<Predicate> Leaves(Predicate filter) => filter switch
    {
        AndPredicate and => and.Parts.SelectMany(Leaves),
        OrPredicate or => or.Parts.SelectMany(Leaves),
        NotPredicate not => Leaves(not.Part),
        _ => [filter],
    };
}
