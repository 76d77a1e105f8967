using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>The growing offsets of a builder of texts or lists: where each value ends, after a leading zero.</summary>
internal struct OffsetBuffer(ColumnMemory? memory)
{
    private ValueBuffer offsets = new(memory);

    /// <summary>Bytes held.</summary>
    public readonly int Bytes => offsets.Used;

    /// <summary>Values that have ended.</summary>
    public readonly int Count => Math.Max(0, (offsets.Used / sizeof(int)) - 1);

    /// <summary>End of the first <paramref name="count"/> values.</summary>
    public readonly int EndOf(int count) => count == 0 ? 0 : MemoryMarshal.Cast<byte, int>(offsets.Span)[count];

    public void Append(int end)
    {
        if (offsets.Used == 0) offsets.Append(0);
        offsets.Append(end);
    }

    /// <summary>The array itself, with room for the ends of <paramref name="count"/> values; value i ends where its element i + 1 says.</summary>
    public byte[] Reserved(int count)
    {
        if (offsets.Used == 0) offsets.Append(0);
        return offsets.Reserved(checked(count * sizeof(int)));
    }

    /// <summary>Takes note that the ends of the first <paramref name="count"/> values are stored.</summary>
    public void Commit(int count)
    {
        if (count > 0) offsets.Truncate((count + 1) * sizeof(int));
    }

    /// <summary>Room for the ends of that many values, of which <see cref="Advance"/> says how many were written.</summary>
    public Span<int> Reserve(int count)
    {
        if (offsets.Used == 0) offsets.Append(0);
        return MemoryMarshal.Cast<byte, int>(offsets.Reserve(checked(count * sizeof(int))));
    }

    public void Advance(int count) => offsets.Advance(count * sizeof(int));

    public void Truncate(int count) => offsets.Truncate(Math.Min(offsets.Used, (count + 1) * sizeof(int)));

    /// <summary>Hands out the offsets and begins anew.</summary>
    public ReadOnlyMemory<byte> Take() => offsets.Used == 0 ? new byte[sizeof(int)] : offsets.Take();
}
