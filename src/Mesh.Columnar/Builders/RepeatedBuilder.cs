namespace Mesh.Columnar;

/// <summary>Appends values that consist of any number of items: what lists and maps have in common.</summary>
public abstract class RepeatedBuilder : ColumnBuilder
{
    private readonly ColumnBuilder items;
    private OffsetBuffer ends;

    private protected RepeatedBuilder(DataType type, ColumnBuilder items, ColumnMemory? memory)
        : base(type)
    {
        this.items = items;
        ends = new OffsetBuffer(memory);
    }

    /// <inheritdoc/>
    public override long EstimatedBytes => items.EstimatedBytes + ends.Bytes;

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => ends.Reserved(count);

    /// <summary>Ends a value: its items are those appended since the last end.</summary>
    private protected void EndItems()
    {
        ends.Append(items.Length);
        CountValue();
    }

    /// <summary>Forgets items appended since the last end.</summary>
    private protected void DiscardOpenItems() => items.Truncate(ends.EndOf(ends.Count));

    /// <inheritdoc/>
    protected override void CommitValues(int length) => ends.Commit(length);

    /// <inheritdoc/>
    protected override void AppendDefault() => ends.Append(items.Length);

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        ends.Truncate(length);
        DiscardOpenItems();
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        DiscardOpenItems();
        return new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            OffsetBytes = ends.Take(),
            Children = [items.Build()],
        };
    }
}
