namespace Mesh.Columnar.Parquet;

/// <summary>What a leaf's values in the whole file amount to, for the manifest.</summary>
internal struct LeafTotals
{
    public long Values;
    public long Nulls;
    public long NaNs;
    public long Bytes;
}
