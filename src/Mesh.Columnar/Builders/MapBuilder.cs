namespace Mesh.Columnar;

/// <summary>Appends maps: append key and value of each entry to <see cref="Entries"/>, then call <see cref="EndMap"/>.</summary>
/// <param name="type">Type of the maps.</param>
/// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
public sealed class MapBuilder(MapType type, ColumnMemory? memory = null) : ColumnBuilder(type)
{
    private OffsetBuffer ends = new(memory);

    /// <summary>Takes the entries of the map being appended: a struct of key and value each.</summary>
    public StructBuilder Entries { get; } = new((StructType)type.Entries.Type, memory);

    /// <inheritdoc/>
    public override long EstimatedBytes => Entries.EstimatedBytes + ends.Bytes;

    /// <summary>Ends a map: its entries are those appended to <see cref="Entries"/> since the last end.</summary>
    public void EndMap()
    {
        ends.Append(Entries.Length);
        CountValue();
    }

    /// <summary>Forgets entries appended since the last <see cref="EndMap"/>.</summary>
    public void DiscardOpenEntries() => Entries.Truncate(ends.EndOf(ends.Count));

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => ends.Reserved(count);

    /// <inheritdoc/>
    protected override void CommitValues(int length) => ends.Commit(length);

    /// <inheritdoc/>
    protected override void AppendDefault() => ends.Append(Entries.Length);

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        ends.Truncate(length);
        DiscardOpenEntries();
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        DiscardOpenEntries();
        return new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            OffsetBytes = ends.Take(),
            Children = [Entries.Build()],
        };
    }
}
