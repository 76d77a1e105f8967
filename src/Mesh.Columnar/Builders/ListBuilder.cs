namespace Mesh.Columnar;

/// <summary>Appends lists: append the elements to <see cref="Element"/>, then call <see cref="EndList"/>.</summary>
/// <param name="type">Type of the lists.</param>
/// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
public sealed class ListBuilder(ListType type, ColumnMemory? memory = null) : ColumnBuilder(type)
{
    private OffsetBuffer ends = new(memory);

    /// <summary>Takes the elements of the list being appended.</summary>
    public ColumnBuilder Element { get; } = Create(type.Element.Type, memory);

    /// <inheritdoc/>
    public override long EstimatedBytes => Element.EstimatedBytes + ends.Bytes;

    /// <summary>Ends a list: its elements are those appended to <see cref="Element"/> since the last end.</summary>
    public void EndList()
    {
        ends.Append(Element.Length);
        CountValue();
    }

    /// <summary>Forgets elements appended since the last <see cref="EndList"/>.</summary>
    public void DiscardOpenElements() => Element.Truncate(ends.EndOf(ends.Count));

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => ends.Reserved(count);

    /// <inheritdoc/>
    protected override void CommitValues(int length) => ends.Commit(length);

    /// <inheritdoc/>
    protected override void AppendDefault() => ends.Append(Element.Length);

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        ends.Truncate(length);
        DiscardOpenElements();
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        DiscardOpenElements();
        return new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            OffsetBytes = ends.Take(),
            Children = [Element.Build()],
        };
    }
}
