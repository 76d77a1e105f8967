namespace Mesh.Columnar;

/// <summary>Appends structs: append one value to each child, then call <see cref="EndStruct"/>.</summary>
public sealed class StructBuilder : ColumnBuilder
{
    private readonly ColumnBuilder[] children;

    /// <param name="type">Fields of the struct.</param>
    /// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
    public StructBuilder(StructType type, ColumnMemory? memory = null) : base(type) => children = [.. type.Fields.Select(field => Create(field.Type, memory))];

    /// <summary>One builder per field, in order.</summary>
    public IReadOnlyList<ColumnBuilder> Children => children;

    /// <summary>The same builders without a call per access.</summary>
    public ReadOnlySpan<ColumnBuilder> ChildSpan => children;

    /// <inheritdoc/>
    public override long EstimatedBytes
    {
        get
        {
            long sum = 0;
            foreach (var child in children) sum += child.EstimatedBytes;
            return sum;
        }
    }

    /// <summary>Ends a struct whose children have each been given one value.</summary>
    public void EndStruct() => CountValue();

    /// <summary>Ends <paramref name="count"/> structs for whom each child has been given a value.</summary>
    public void EndStructs(int count) => CountValues(count);

    /// <summary>The same, with absent ones among them, for which each child has been given a value all the same.</summary>
    /// <param name="count">Number of structs.</param>
    /// <param name="validity">Bit i (least significant first) is set when struct i is present.</param>
    public void EndStructs(int count, ReadOnlySpan<byte> validity) => CountValues(count, validity);

    /// <summary>Forgets what was appended to the children since the last <see cref="EndStruct"/>, nested lists included.</summary>
    public void DiscardOpenStruct() => Truncate(Length);

    /// <summary>Makes a batch whose columns are the children and empties the builder.</summary>
    public RecordBatch BuildBatch()
    {
        int length = Length;
        var schema = new Schema(((StructType)Type).Fields);
        return new RecordBatch(schema, length, Build().Children);
    }

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => [];

    /// <inheritdoc/>
    protected override void CommitValues(int length)
    {
    }

    /// <inheritdoc/>
    protected override void AppendDefault()
    {
        foreach (var child in children) child.AppendNull();
    }

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        foreach (var child in children) child.Truncate(Math.Min(child.Length, length));
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        foreach (var child in children)
        {
            if (child.Length != length) throw new InvalidOperationException($"A field has {child.Length} values in {length} structs: each must be given one value.");
        }

        return new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            Children = Array.ConvertAll(children, child => child.Build()),
        };
    }
}
