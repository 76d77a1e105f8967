using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Appends lists: append the elements to <see cref="Element"/>, then call <see cref="EndList"/>.</summary>
public sealed class ListBuilder(ListType type) : ColumnBuilder(type)
{
    private int[] ends = [];
    private int count;

    /// <summary>Takes the elements of the list being appended.</summary>
    public ColumnBuilder Element { get; } = Create(type.Element.Type);

    /// <inheritdoc/>
    public override long EstimatedBytes => Element.EstimatedBytes + (long)ends.Length * sizeof(int);

    /// <summary>Ends a list: its elements are those appended to <see cref="Element"/> since the last end.</summary>
    public void EndList()
    {
        AppendEnd();
        CountValue();
    }

    /// <summary>Forgets elements appended since the last <see cref="EndList"/>.</summary>
    public void DiscardOpenElements() => Element.Truncate(count == 0 ? 0 : ends[count - 1]);

    /// <inheritdoc/>
    protected override void AppendDefault() => AppendEnd();

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        count = length;
        DiscardOpenElements();
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        DiscardOpenElements();
        var offsets = new int[count + 1];
        ends.AsSpan(0, count).CopyTo(offsets.AsSpan(1));
        var vector = new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            OffsetBytes = MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(),
            Children = [Element.Build()],
        };
        ends = [];
        count = 0;
        return vector;
    }

    private void AppendEnd()
    {
        if (count == ends.Length) Array.Resize(ref ends, Math.Max(64, ends.Length * 2));
        ends[count++] = Element.Length;
    }
}
