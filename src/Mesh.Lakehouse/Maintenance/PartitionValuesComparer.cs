using System.Collections;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Compares partition values by content, binary ones included.</summary>
internal sealed class PartitionValuesComparer : IEqualityComparer<IReadOnlyList<object?>>
{
    public static readonly PartitionValuesComparer Instance = new();

    public bool Equals(IReadOnlyList<object?>? x, IReadOnlyList<object?>? y)
    {
        if (x is null || y is null || x.Count != y.Count) return ReferenceEquals(x, y);
        for (int i = 0; i < x.Count; i++)
        {
            if (!StructuralComparisons.StructuralEqualityComparer.Equals(x[i], y[i])) return false;
        }

        return true;
    }

    public int GetHashCode(IReadOnlyList<object?> values)
    {
        var hash = default(HashCode);
        foreach (object? value in values) hash.Add(value is null ? 0 : StructuralComparisons.StructuralEqualityComparer.GetHashCode(value));
        return hash.ToHashCode();
    }
}
