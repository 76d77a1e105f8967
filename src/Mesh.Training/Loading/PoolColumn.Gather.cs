using System.Runtime.InteropServices;

namespace Mesh.Training.Loading;

internal sealed partial class PoolColumn
{
    /// <summary>Elements that some rows have together.</summary>
    public long CountElements(ReadOnlySpan<int> rows)
    {
        if (column.Layout != TensorLayout.Ragged) return (long)rows.Length * column.Length;
        long sum = 0;
        foreach (int row in rows) sum += offsets[row + 1] - offsets[row];
        return sum;
    }

    /// <summary>Copies the values of rows, in their order.</summary>
    public void GatherValues(ReadOnlySpan<int> rows, Span<byte> target)
    {
        if (column.Layout == TensorLayout.Ragged)
        {
            GatherRagged(rows, target);
            return;
        }

        var source = values.AsSpan(0, used);
        int width = column.Length * column.ElementBytes;
        switch (width)
        {
            case 1: Gather(source, rows, target); break;
            case 2: Gather(MemoryMarshal.Cast<byte, short>(source), rows, MemoryMarshal.Cast<byte, short>(target)); break;
            case 4: Gather(MemoryMarshal.Cast<byte, int>(source), rows, MemoryMarshal.Cast<byte, int>(target)); break;
            case 8: Gather(MemoryMarshal.Cast<byte, long>(source), rows, MemoryMarshal.Cast<byte, long>(target)); break;
            case 16: Gather(MemoryMarshal.Cast<byte, Int128>(source), rows, MemoryMarshal.Cast<byte, Int128>(target)); break;
            default:
                for (int i = 0; i < rows.Length; i++) source.Slice(rows[i] * width, width).CopyTo(target[(i * width)..]);
                break;
        }
    }

    /// <summary>Where each row's elements begin among those gathered, and where the last ones end.</summary>
    public void GatherOffsets(ReadOnlySpan<int> rows, Span<byte> target)
    {
        var ends = MemoryMarshal.Cast<byte, long>(target);
        long sum = 0;
        ends[0] = 0;
        for (int i = 0; i < rows.Length; i++) ends[i + 1] = sum += offsets[rows[i] + 1] - offsets[rows[i]];
    }

    /// <summary>1 where a row has a value, else 0.</summary>
    public void GatherValid(ReadOnlySpan<int> rows, Span<byte> target) => Gather<byte>(valid.AsSpan(0, Rows), rows, target);

    private void GatherRagged(ReadOnlySpan<int> rows, Span<byte> target)
    {
        var source = values.AsSpan(0, used);
        int width = column.ElementBytes;
        foreach (int row in rows)
        {
            int bytes = (int)(offsets[row + 1] - offsets[row]) * width;
            source.Slice((int)(offsets[row] * width), bytes).CopyTo(target);
            target = target[bytes..];
        }
    }

    private static void Gather<T>(ReadOnlySpan<T> source, ReadOnlySpan<int> rows, Span<T> target)
        where T : unmanaged
    {
        target = target[..rows.Length];
        for (int i = 0; i < rows.Length; i++) target[i] = source[rows[i]];
    }
}
