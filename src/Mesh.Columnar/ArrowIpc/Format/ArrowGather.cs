using System.Runtime.InteropServices;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// Makes columns of chosen values of others: dictionaries, views and runs become plain values so. What it makes is canonical: null places hold
/// zeros or nothing, and offsets begin at zero.
/// </summary>
internal static class ArrowGather
{
    /// <summary>The values at <paramref name="rows"/>, which are positions in <paramref name="source"/>; a negative one gives null.</summary>
    /// <exception cref="InvalidDataException">The budget does not suffice.</exception>
    public static ColumnVector Take(ColumnVector source, ReadOnlySpan<int> rows, ByteBudget budget)
    {
        var (validity, nulls) = TakeValidity(source, rows, budget);
        var (offsets, values, children) = TakeValues(source, rows, budget);
        return new ColumnVector
        {
            Type = source.Type, Length = rows.Length, NullCount = nulls, Validity = validity, OffsetBytes = offsets, ValueBytes = values, Children = children,
        };
    }

    /// <summary>Several columns of one type end to end.</summary>
    /// <inheritdoc cref="Take" path="/exception"/>
    public static ColumnVector Concatenate(IReadOnlyList<ColumnVector> pieces, ByteBudget budget)
    {
        long length = pieces.Sum(piece => (long)piece.Length);
        budget.Spend(length * sizeof(int));
        var first = pieces[0];
        byte[] validity = pieces.Any(piece => piece.NullCount > 0) ? budget.Allocate((length + 7) / 8) : [];
        byte[] values = first.Type.Kind == TypeKind.Boolean ? budget.Allocate((length + 7) / 8) : [];
        bool hasOffsets = first.Type.Kind is TypeKind.Utf8 or TypeKind.Binary or TypeKind.List or TypeKind.Map;
        byte[] offsetBytes = hasOffsets ? budget.Allocate((length + 1) * sizeof(int)) : [];
        var offsets = MemoryMarshal.Cast<byte, int>(offsetBytes.AsSpan());
        long before = 0;
        int at = 0;
        foreach (var piece in pieces)
        {
            for (int i = 0; i < piece.Length; i++, at++)
            {
                if (validity.Length > 0 && !piece.IsNull(i)) Set(validity, at);
                if (values.Length > 0 && piece.GetBoolean(i)) Set(values, at);
                if (hasOffsets) offsets[at + 1] = Checked(before + piece.Offsets[i + 1]);
            }

            if (hasOffsets && piece.Length > 0) before += piece.Offsets[piece.Length];
        }

        if (first.Type.Kind is TypeKind.Utf8 or TypeKind.Binary) values = Joined(pieces.Select(piece => piece.Length == 0 ? default : piece.ValueBytes[..piece.Offsets[piece.Length]]), budget);
        else if (first.Type.ByteWidth > 0) values = Joined(pieces.Select(piece => piece.ValueBytes[..(piece.Length * piece.Type.ByteWidth)]), budget);
        var children = Enumerable.Range(0, first.Children.Count).Select(child => Concatenate([.. pieces.Select(piece => ChildOf(piece, child))], budget));
        return new ColumnVector
        {
            Type = first.Type, Length = Checked(length), NullCount = pieces.Sum(piece => piece.NullCount), Validity = validity, OffsetBytes = offsetBytes, ValueBytes = values,
            Children = [.. children],
        };
    }

    /// <summary>Of a list, elements beyond its last offset must not come between those of two pieces.</summary>
    private static ColumnVector ChildOf(ColumnVector piece, int child)
    {
        var vector = piece.Children[child];
        if (piece.Type.Kind is not (TypeKind.List or TypeKind.Map)) return vector;
        return vector.Prefix(piece.Length == 0 ? 0 : piece.Offsets[piece.Length]);
    }

    private static byte[] Joined(IEnumerable<ReadOnlyMemory<byte>> parts, ByteBudget budget)
    {
        List<ReadOnlyMemory<byte>> all = [.. parts];
        byte[] joined = budget.Allocate(all.Sum(part => (long)part.Length));
        int at = 0;
        foreach (var part in all)
        {
            part.Span.CopyTo(joined.AsSpan(at));
            at += part.Length;
        }

        return joined;
    }

    private static (byte[] Validity, int Nulls) TakeValidity(ColumnVector source, ReadOnlySpan<int> rows, ByteBudget budget)
    {
        int nulls = 0;
        foreach (int row in rows) nulls += row < 0 || source.IsNull(row) ? 1 : 0;
        if (nulls == 0) return ([], 0);
        byte[] validity = budget.Allocate((rows.Length + 7L) / 8);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0 && !source.IsNull(rows[i])) Set(validity, i);
        }

        return (validity, nulls);
    }

    private static (byte[] Offsets, byte[] Values, IReadOnlyList<ColumnVector> Children) TakeValues(ColumnVector source, ReadOnlySpan<int> rows, ByteBudget budget)
    {
        switch (source.Type.Kind)
        {
            case TypeKind.Boolean:
                byte[] bits = budget.Allocate((rows.Length + 7L) / 8);
                for (int i = 0; i < rows.Length; i++)
                {
                    if (rows[i] >= 0 && source.GetBoolean(rows[i])) Set(bits, i);
                }

                return ([], bits, []);
            case TypeKind.Utf8 or TypeKind.Binary:
                byte[] ends = TakeOffsets(source, rows, budget);
                byte[] bytes = budget.Allocate(MemoryMarshal.Cast<byte, int>(ends.AsSpan())[rows.Length]);
                int used = 0;
                foreach (int row in rows)
                {
                    if (row < 0 || source.IsNull(row)) continue;
                    var value = source.GetBytes(row);
                    value.CopyTo(bytes.AsSpan(used));
                    used += value.Length;
                }

                return (ends, bytes, []);
            case TypeKind.List or TypeKind.Map:
                byte[] bounds = TakeOffsets(source, rows, budget);
                int total = MemoryMarshal.Cast<byte, int>(bounds.AsSpan())[rows.Length];
                byte[] elementBytes = budget.Allocate((long)total * sizeof(int));
                var elements = MemoryMarshal.Cast<byte, int>(elementBytes.AsSpan());
                int next = 0;
                foreach (int row in rows)
                {
                    if (row < 0 || source.IsNull(row)) continue;
                    for (int i = source.Offsets[row]; i < source.Offsets[row + 1]; i++) elements[next++] = i;
                }

                return (bounds, [], [Take(source.Children[0], elements, budget)]);
            case TypeKind.Struct:
                var children = new ColumnVector[source.Children.Count];
                for (int i = 0; i < children.Length; i++) children[i] = Take(source.Children[i], rows, budget);
                return ([], [], children);
            default:
                return ([], TakeFixed(source, rows, budget), []);
        }
    }

    private static byte[] TakeOffsets(ColumnVector source, ReadOnlySpan<int> rows, ByteBudget budget)
    {
        byte[] bytes = budget.Allocate((rows.Length + 1L) * sizeof(int));
        var target = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var offsets = source.Offsets;
        long end = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            if (row >= 0 && !source.IsNull(row)) end += offsets[row + 1] - offsets[row];
            target[i + 1] = Checked(end);
        }

        return bytes;
    }

    private static byte[] TakeFixed(ColumnVector source, ReadOnlySpan<int> rows, ByteBudget budget)
    {
        int width = source.Type.ByteWidth;
        byte[] target = budget.Allocate((long)rows.Length * width);
        var values = source.ValueBytes.Span;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            if (row >= 0 && !source.IsNull(row)) values.Slice(row * width, width).CopyTo(target.AsSpan(i * width));
        }

        return target;
    }

    private static int Checked(long value) => value <= ByteBudget.MaxBufferBytes ? (int)value : throw new InvalidDataException("a column is larger than 2 GiB");

    private static void Set(byte[] bits, int index) => bits[index >> 3] |= (byte)(1 << (index & 7));
}
