namespace Mesh.Columnar;

/// <summary>The columns of a batch or table, in order.</summary>
public sealed record Schema(IReadOnlyList<Field> Fields)
{
    /// <summary>Position of a top-level column; -1 when there is none.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == name) return i;
        }

        return -1;
    }

    /// <summary>The schema as one struct, which is how formats and tables see it.</summary>
    public StructType AsStruct() => new(Fields);

    /// <inheritdoc/>
    public bool Equals(Schema? other) => other is not null && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => Fields.Aggregate(17, HashCode.Combine);
}
