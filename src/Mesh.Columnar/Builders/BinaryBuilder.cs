using System.Runtime.Intrinsics;
using System.Text;

namespace Mesh.Columnar;

/// <summary>Appends text or bytes.</summary>
/// <param name="type">Type of the values.</param>
/// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
public sealed class BinaryBuilder(DataType type, ColumnMemory? memory = null) : ColumnBuilder(type)
{
    private ValueBuffer bytes = new(memory);
    private OffsetBuffer ends = new(memory);

    /// <inheritdoc/>
    public override long EstimatedBytes => (long)bytes.Used + ends.Bytes;

    /// <summary>Bytes of all values appended so far.</summary>
    public int BytesUsed => bytes.Used;

    /// <summary>Appends a value; the caller vouches that the bytes of a text column are UTF-8.</summary>
    /// <exception cref="OverflowException">The column would exceed 2 GiB, the reach of a 32-bit offset.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        bytes.Append(value);
        ends.Append(bytes.Used);
        CountValue();
    }

    /// <summary>Appends text.</summary>
    public void Append(string value)
    {
        bytes.Advance(Encoding.UTF8.GetBytes(value, bytes.Reserve(Encoding.UTF8.GetMaxByteCount(value.Length))));
        ends.Append(bytes.Used);
        CountValue();
    }

    /// <summary>Appends one of <paramref name="texts"/> per choice.</summary>
    /// <param name="texts">What there is to choose from.</param>
    /// <param name="choices">Positions among them.</param>
    /// <exception cref="OverflowException">The column would exceed 2 GiB, the reach of a 32-bit offset.</exception>
    public void AppendChosen(TextSet texts, ReadOnlySpan<int> choices)
    {
        var lengths = texts.Lengths;
        long total = 0;
        foreach (int choice in choices) total += lengths[choice];
        // Stores of whole slots reach beyond the last text.
        var target = bytes.Reserve(checked((int)(total + TextSet.SlotBytes)));
        var targetEnds = ends.Reserve(choices.Length);
        int before = bytes.Used;
        int used = 0;
        if (texts.Slots is { } slots)
        {
            for (int i = 0; i < choices.Length; i++)
            {
                int choice = choices[i];
                Vector128.Create<byte>(slots.AsSpan(choice * TextSet.SlotBytes, TextSet.SlotBytes)).CopyTo(target[used..]);
                used += lengths[choice];
                targetEnds[i] = before + used;
            }
        }
        else
        {
            for (int i = 0; i < choices.Length; i++)
            {
                byte[] text = texts.Texts[choices[i]];
                text.CopyTo(target[used..]);
                used += text.Length;
                targetEnds[i] = before + used;
            }
        }

        bytes.Advance(used);
        ends.Advance(choices.Length);
        CountValues(choices.Length);
    }

    /// <summary>Room for a value of at most <paramref name="maxBytes"/>: fill it, then call <see cref="Commit"/> before any other call.</summary>
    /// <exception cref="OverflowException">The column would exceed 2 GiB, the reach of a 32-bit offset.</exception>
    public Span<byte> Reserve(int maxBytes) => bytes.Reserve(maxBytes);

    /// <summary>Appends the first <paramref name="length"/> bytes written to what <see cref="Reserve"/> gave as one value.</summary>
    public void Commit(int length)
    {
        bytes.Advance(length);
        ends.Append(bytes.Used);
        CountValue();
    }

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => ends.Reserved(count);

    /// <summary>
    /// Room for more text or bytes, for code that stores them itself: the array of all values' bytes. What is stored is counted by
    /// <see cref="ColumnBuilder.CommitRows"/>, up to the last value's end.
    /// </summary>
    /// <param name="used">Bytes stored so far, those not yet counted included.</param>
    /// <param name="count">Bytes to come.</param>
    /// <exception cref="OverflowException">The column would exceed 2 GiB.</exception>
    public byte[] ReserveBytes(int used, int count)
    {
        bytes.Truncate(used);
        return bytes.Reserved(count);
    }

    /// <inheritdoc/>
    protected override void CommitValues(int length)
    {
        ends.Commit(length);
        bytes.Truncate(ends.EndOf(length));
    }

    /// <inheritdoc/>
    protected override void AppendDefault() => ends.Append(bytes.Used);

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        bytes.Truncate(ends.EndOf(length));
        ends.Truncate(length);
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits) => new()
    {
        Type = Type,
        Length = length,
        NullCount = nullCount,
        Validity = validityBits,
        OffsetBytes = ends.Take(),
        ValueBytes = bytes.Take(),
    };
}
