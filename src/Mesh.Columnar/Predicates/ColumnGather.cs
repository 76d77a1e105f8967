using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Makes vectors of some of the values of others.</summary>
internal static class ColumnGather
{
    public static ColumnVector Take(ColumnVector vector, ReadOnlySpan<int> rows)
    {
        var (nulls, validity) = TakeValidity(vector, rows);
        int[]? offsets = null;
        ReadOnlyMemory<byte> values = default;
        IReadOnlyList<ColumnVector> children = [];
        switch (vector.Type.Kind)
        {
            case TypeKind.Boolean:
                values = TakeBits(vector.ValueBytes.Span, rows);
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                (offsets, values) = TakeBytes(vector, rows);
                break;
            case TypeKind.List or TypeKind.Map:
                (offsets, int[] elements) = TakeLists(vector, rows);
                children = [Take(vector.Children[0], elements)];
                break;
            case TypeKind.Struct:
                var fields = new ColumnVector[vector.Children.Count];
                for (int i = 0; i < fields.Length; i++) fields[i] = Take(vector.Children[i], rows);
                children = fields;
                break;
            default:
                values = TakeFixed(vector.ValueBytes.Span, vector.Type.ByteWidth, rows);
                break;
        }

        return new ColumnVector
        {
            Type = vector.Type,
            Length = rows.Length,
            NullCount = nulls,
            Validity = validity,
            OffsetBytes = offsets is null ? default : MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(),
            ValueBytes = values,
            Children = children,
        };
    }

    private static (int Nulls, byte[] Bits) TakeValidity(ColumnVector vector, ReadOnlySpan<int> rows)
    {
        if (vector.NullCount == 0) return (0, []);
        byte[] bits = TakeBits(vector.Validity.Span, rows);
        int present = 0;
        foreach (byte eight in bits) present += System.Numerics.BitOperations.PopCount(eight);
        return present == rows.Length ? (0, []) : (rows.Length - present, bits);
    }

    private static byte[] TakeBits(ReadOnlySpan<byte> source, ReadOnlySpan<int> rows)
    {
        var target = new byte[(rows.Length + 7) / 8];
        for (int i = 0; i < rows.Length; i++) target[i >> 3] |= (byte)(((source[rows[i] >> 3] >> (rows[i] & 7)) & 1) << (i & 7));
        return target;
    }

    private static byte[] TakeFixed(ReadOnlySpan<byte> source, int width, ReadOnlySpan<int> rows)
    {
        var target = GC.AllocateUninitializedArray<byte>(rows.Length * width);
        switch (width)
        {
            case 4:
                TakeNumbers(MemoryMarshal.Cast<byte, int>(source), MemoryMarshal.Cast<byte, int>(target.AsSpan()), rows);
                break;
            case 8:
                TakeNumbers(MemoryMarshal.Cast<byte, long>(source), MemoryMarshal.Cast<byte, long>(target.AsSpan()), rows);
                break;
            default:
                for (int i = 0; i < rows.Length; i++) source.Slice(rows[i] * width, width).CopyTo(target.AsSpan(i * width));
                break;
        }

        return target;
    }

    private static void TakeNumbers<T>(ReadOnlySpan<T> source, Span<T> target, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < rows.Length; i++) target[i] = source[rows[i]];
    }

    private static (int[] Offsets, byte[] Values) TakeBytes(ColumnVector vector, ReadOnlySpan<int> rows)
    {
        var from = vector.Offsets;
        var offsets = new int[rows.Length + 1];
        for (int i = 0; i < rows.Length; i++) offsets[i + 1] = offsets[i] + from[rows[i] + 1] - from[rows[i]];
        var values = GC.AllocateUninitializedArray<byte>(offsets[^1]);
        var source = vector.ValueBytes.Span;
        for (int i = 0; i < rows.Length; i++) source[from[rows[i]]..from[rows[i] + 1]].CopyTo(values.AsSpan(offsets[i]));
        return (offsets, values);
    }

    private static (int[] Offsets, int[] Elements) TakeLists(ColumnVector vector, ReadOnlySpan<int> rows)
    {
        var from = vector.Offsets;
        var offsets = new int[rows.Length + 1];
        for (int i = 0; i < rows.Length; i++) offsets[i + 1] = offsets[i] + from[rows[i] + 1] - from[rows[i]];
        var elements = new int[offsets[^1]];
        for (int i = 0, next = 0; i < rows.Length; i++)
        {
            for (int element = from[rows[i]]; element < from[rows[i] + 1]; element++) elements[next++] = element;
        }

        return (offsets, elements);
    }
}
