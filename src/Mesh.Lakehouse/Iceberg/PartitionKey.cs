namespace Mesh.Lakehouse.Iceberg;

/// <summary>A partition: a spec and values of its fields, equal when both are.</summary>
internal sealed class PartitionKey(int specId, IReadOnlyList<object?> values) : IEquatable<PartitionKey>
{
    private readonly int specId = specId;
    private readonly IReadOnlyList<object?> values = values;

    public bool Equals(PartitionKey? other) => other is not null && specId == other.specId && SingleValues.AreEqual(values, other.values);

    public override bool Equals(object? obj) => Equals(obj as PartitionKey);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(specId);
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i] is byte[] bytes) hash.AddBytes(bytes);
            else hash.Add(values[i]);
        }

        return hash.ToHashCode();
    }
}
