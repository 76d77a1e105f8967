using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>
/// A column's values of all rows of a shuffle buffer, side by side: copied in batch by batch, taken out row by row. Memory stays from buffer to buffer.
/// </summary>
internal sealed partial class PoolColumn(TensorColumn column, CodeTable? codes)
{
    private byte[] values = [];
    private byte[] valid = [];
    private long[] offsets = [];
    private int used;

    public TensorColumn Column => column;

    /// <summary>Rows held.</summary>
    public int Rows { get; private set; }

    /// <summary>Bytes of the rows held.</summary>
    public long Bytes => used + (column.IsNullable ? Rows : 0) + (column.Layout == TensorLayout.Ragged ? (long)Rows * sizeof(long) : 0);

    public void Clear()
    {
        Rows = 0;
        used = 0;
    }

    /// <summary>Makes room for so many rows like those held, at once: growing bit by bit would copy everything again and again.</summary>
    public void Expect(long rows)
    {
        if (Rows == 0 || rows <= Rows) return;
        double factor = (double)rows / Rows;
        Reserve(ref values, used, (long)Math.Min((used * factor) - used, Array.MaxLength - used));
        if (column.IsNullable) Reserve(ref valid, Rows, Math.Min(rows, Array.MaxLength) - Rows);
        if (column.Layout == TensorLayout.Ragged && offsets.Length <= rows) Array.Resize(ref offsets, (int)Math.Min(rows + 1, Array.MaxLength));
    }

    /// <summary>Adds the rows of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="place">Where the column is in it; null when its file has none: then no row has a value.</param>
    public void Append(RecordBatch batch, ColumnPlace? place)
    {
        int count = batch.Length;
        if (column.IsNullable) AppendValid(batch, place, count);
        if (place is null) AppendNothing(count);
        else if (column.Layout == TensorLayout.Scalar) AppendScalars(place.Follow(batch), count);
        else if (column.Layout == TensorLayout.Row) AppendRows(place.Follow(batch), count);
        else AppendRagged(place.Follow(batch), count);
        Rows += count;
    }

    private void AppendValid(RecordBatch batch, ColumnPlace? place, int count)
    {
        Reserve(ref valid, Rows, count);
        var added = valid.AsSpan(Rows, count);
        added.Fill(place is null ? (byte)0 : (byte)1);
        // A value is absent when it or any struct around it is.
        for (int depth = 0; depth < (place?.Depth ?? 0); depth++)
        {
            var vector = place!.At(batch, depth);
            if (vector.NullCount == 0) continue;
            var bits = vector.Validity.Span;
            for (int i = 0; i < added.Length; i++) added[i] &= (byte)((bits[i >> 3] >> (i & 7)) & 1);
        }
    }

    private void AppendNothing(int count)
    {
        switch (column.Layout)
        {
            case TensorLayout.Ragged:
                ReserveOffsets(count);
                offsets.AsSpan(Rows + 1, count).Fill(offsets[Rows]);
                break;
            default:
                var added = Extend((long)count * column.Length * column.ElementBytes);
                if (column.IsCoded) MemoryMarshal.Cast<byte, int>(added).Fill(-1);
                else added.Clear();
                break;
        }
    }

    private void AppendScalars(ColumnVector vector, int count)
    {
        var added = Extend((long)count * column.ElementBytes);
        if (codes is not null) codes.Encode(vector, MemoryMarshal.Cast<byte, int>(added));
        else CopyElements(vector, 0, count, added);
    }

    private void AppendRows(ColumnVector vector, int count)
    {
        int rowBytes = column.Length * column.ElementBytes;
        var added = Extend((long)count * rowBytes);
        if (vector.Type is not ListType)
        {
            vector.ValueBytes.Span[..added.Length].CopyTo(added);
            return;
        }

        var starts = vector.Offsets;
        var elements = vector.Children[0];
        RefuseAbsent(elements, starts[0], starts[count]);
        for (int i = 0; i < count; i++)
        {
            var row = added.Slice(i * rowBytes, rowBytes);
            int length = starts[i + 1] - starts[i];
            if (length == column.Length) CopyElements(elements, starts[i], length, row);
            else if (vector.IsNull(i) || valid.AsSpan(Rows, count)[i] == 0) row.Clear();
            else throw new MeshException("MESH9207", $"Column '{column.Name}' has a list of {length} elements where every one should have {column.Length}. Name it without [{column.Length}] to have lists of any length.");
        }
    }

    private void AppendRagged(ColumnVector vector, int count)
    {
        var starts = vector.Offsets;
        int elements = starts[count] - starts[0];
        var added = Extend((long)elements * column.ElementBytes);
        if (vector.Type is ListType)
        {
            RefuseAbsent(vector.Children[0], starts[0], starts[count]);
            CopyElements(vector.Children[0], starts[0], elements, added);
        }
        else
        {
            vector.ValueBytes.Span.Slice(starts[0], elements).CopyTo(added);
        }

        ReserveOffsets(count);
        long shift = offsets[Rows] - starts[0];
        for (int i = 1; i <= count; i++) offsets[Rows + i] = starts[i] + shift;
    }

    /// <summary>Copies elements as their tensor has them: bits as bytes, smaller numbers as larger ones.</summary>
    private void CopyElements(ColumnVector vector, int start, int count, Span<byte> target)
    {
        int width = column.ElementBytes;
        var kind = vector.Type.Kind;
        if (kind == TypeKind.Boolean)
        {
            var bits = vector.ValueBytes.Span;
            for (int i = 0; i < count; i++) target[i] = (byte)((bits[(start + i) >> 3] >> ((start + i) & 7)) & 1);
        }
        else if (kind == TypeKind.Int32 && width == sizeof(long))
        {
            var source = MemoryMarshal.Cast<byte, int>(vector.ValueBytes.Span).Slice(start, count);
            var wide = MemoryMarshal.Cast<byte, long>(target);
            for (int i = 0; i < source.Length; i++) wide[i] = source[i];
        }
        else if (kind == TypeKind.Float32 && width == sizeof(double))
        {
            var source = MemoryMarshal.Cast<byte, float>(vector.ValueBytes.Span).Slice(start, count);
            var wide = MemoryMarshal.Cast<byte, double>(target);
            for (int i = 0; i < source.Length; i++) wide[i] = source[i];
        }
        else
        {
            vector.ValueBytes.Span.Slice(start * width, count * width).CopyTo(target);
        }
    }

    /// <summary>A tensor has no place for an element that is not there, and a made-up one would be learnt from.</summary>
    private void RefuseAbsent(ColumnVector elements, int start, int end)
    {
        if (elements.NullCount == 0) return;
        for (int i = start; i < end; i++)
        {
            if (elements.IsNull(i)) throw new MeshException("MESH9207", $"Column '{column.Name}' has a list with an absent element, which tensors do not hold. Leave the column out, or the rows with --where.");
        }
    }

    private Span<byte> Extend(long bytes)
    {
        Reserve(ref values, used, bytes);
        var added = values.AsSpan(used, (int)bytes);
        used += (int)bytes;
        return added;
    }

    private void ReserveOffsets(int count)
    {
        if (offsets.Length < Rows + count + 1) Array.Resize(ref offsets, Math.Max(Rows + count + 1, (int)Math.Min(Array.MaxLength, offsets.Length * 3L / 2)));
        if (Rows == 0) offsets[0] = 0;
    }

    private void Reserve(ref byte[] array, int length, long more)
    {
        if (array.Length - length >= more) return;
        if (length + more > Array.MaxLength)
        {
            throw new MeshException("MESH9207", $"A row group has more than {Array.MaxLength:N0} bytes of column '{column.Name}'. Write the table with smaller row groups, or leave the column out.");
        }

        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, Math.Max(length + more, array.Length * 3L / 2)));
        array.AsSpan(0, length).CopyTo(larger);
        array = larger;
    }
}
