using System.Runtime.InteropServices;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Values that are laid out otherwise than ours.</summary>
internal sealed partial class ArrowBatchReader
{
    private const int InlineBytes = 12;

    private ReadOnlyMemory<byte> ReadIntegers(ArrowField field, ReadOnlyMemory<byte> source, int length, ReadOnlySpan<byte> validity)
    {
        int bytes = field.Field.Type.ByteWidth;
        if (field.Scale == 1)
        {
            if (field.Width / 8 == bytes) return source;
            byte[] wide = budget.Allocate((long)length * bytes);
            ArrowIntegers.Widen(source.Span, field.Width, field.Signed, wide, bytes);
            return wide;
        }

        byte[] scaled = budget.Allocate((long)length * sizeof(long));
        var longs = MemoryMarshal.Cast<byte, long>(scaled.AsSpan());
        ArrowIntegers.Widen(source.Span, field.Width, field.Signed, scaled, sizeof(long));
        ArrowIntegers.Scale(longs, field.Scale, validity);
        if (bytes == sizeof(long)) return scaled;

        byte[] narrow = budget.Allocate((long)length * bytes);
        var target = MemoryMarshal.Cast<byte, int>(narrow.AsSpan());
        for (int i = 0; i < target.Length; i++) target[i] = longs[i] is >= int.MinValue and <= int.MaxValue ? (int)longs[i] : throw new InvalidDataException("a date is beyond what its column can hold");
        return narrow;
    }

    private byte[] EqualOffsets(int length, int width)
    {
        if ((long)length * width > ByteBudget.MaxBufferBytes) throw new InvalidDataException("a column is larger than 2 GiB");
        byte[] bytes = budget.Allocate((length + 1L) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        for (int i = 0; i < offsets.Length; i++) offsets[i] = i * width;
        return bytes;
    }

    private ReadOnlyMemory<byte> Offsets(ReadOnlyMemory<byte> source, int length, bool large)
    {
        // No values may have no offsets at all.
        if (length == 0 && source.IsEmpty) return new byte[sizeof(int)];
        source = Require(source, (length + 1L) * (large ? sizeof(long) : sizeof(int)));
        byte[] bytes = budget.Allocate((length + 1L) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        if (large)
        {
            var wide = MemoryMarshal.Cast<byte, long>(source.Span);
            for (int i = 0; i <= length; i++) offsets[i] = Count(wide[i]);
        }
        else
        {
            source.Span.CopyTo(bytes);
        }

        int previous = 0;
        foreach (int offset in offsets)
        {
            if (offset < previous) throw new InvalidDataException("offsets go backwards");
            previous = offset;
        }

        return bytes;
    }

    /// <summary>Views (Arrow columnar format, "Variable-size Binary View Layout"): short values in place, others as buffer and offset.</summary>
    private (byte[] Ends, byte[] Bytes) ReadViews(int length, ReadOnlySpan<byte> validity)
    {
        var views = MemoryMarshal.Cast<byte, int>(Require(NextBuffer(), length * 16L).Span);
        if ((view + 1) * sizeof(long) > viewCounts.Length) throw new InvalidDataException("it does not say how many buffers a column of views has");
        int count = Count(MemoryMarshal.Cast<byte, long>(viewCounts.Span)[view++]);
        if (count > (places.Length / 16) - buffer) throw new InvalidDataException("fewer buffers than columns need");
        var data = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < count; i++) data[i] = NextBuffer();

        byte[] endBytes = budget.Allocate((length + 1L) * sizeof(int));
        var ends = MemoryMarshal.Cast<byte, int>(endBytes.AsSpan());
        long end = 0;
        for (int i = 0; i < length; i++)
        {
            bool isNull = !validity.IsEmpty && (validity[i >> 3] & (1 << (i & 7))) == 0;
            if (!isNull) end += Count(views[i * 4]);
            ends[i + 1] = Count(end);
        }

        byte[] bytes = budget.Allocate(end);
        for (int i = 0; i < length; i++)
        {
            int valueBytes = ends[i + 1] - ends[i];
            var target = bytes.AsSpan(ends[i], valueBytes);
            if (valueBytes <= InlineBytes)
            {
                MemoryMarshal.AsBytes(views.Slice((i * 4) + 1, 3))[..valueBytes].CopyTo(target);
                continue;
            }

            int place = views[(i * 4) + 2], offset = views[(i * 4) + 3];
            if (place < 0 || place >= count || offset < 0 || offset > data[place].Length - valueBytes) throw new InvalidDataException("a view leads outside its buffers");
            data[place].Span.Slice(offset, valueBytes).CopyTo(target);
        }

        return (endBytes, bytes);
    }

    /// <summary>List views: each list says where it begins and how long it is, in any order, overlapping or not.</summary>
    private (byte[] Ends, ColumnVector Element) ReadListViews(ArrowField field, int length, ReadOnlySpan<byte> validity)
    {
        bool large = field.Layout == ArrowLayout.LargeListView;
        int width = large ? sizeof(long) : sizeof(int);
        var offsets = Require(NextBuffer(), (long)length * width).Span;
        var sizes = Require(NextBuffer(), (long)length * width).Span;
        var element = Read(field.Children[0]);

        byte[] endBytes = budget.Allocate((length + 1L) * sizeof(int));
        var ends = MemoryMarshal.Cast<byte, int>(endBytes.AsSpan());
        long end = 0;
        for (int i = 0; i < length; i++)
        {
            bool isNull = !validity.IsEmpty && (validity[i >> 3] & (1 << (i & 7))) == 0;
            if (!isNull) end += Count(At(sizes, i));
            ends[i + 1] = Count(end);
        }

        byte[] rowBytes = budget.Allocate(end * sizeof(int));
        var rows = MemoryMarshal.Cast<byte, int>(rowBytes.AsSpan());
        for (int i = 0; i < length; i++)
        {
            int count = ends[i + 1] - ends[i];
            if (count == 0) continue;
            int from = Count(At(offsets, i));
            if (from > element.Length - count) throw new InvalidDataException("a list reaches beyond its elements");
            for (int k = 0; k < count; k++) rows[ends[i] + k] = from + k;
        }

        return (endBytes, ArrowGather.Take(element, rows, budget));

        long At(ReadOnlySpan<byte> numbers, int index) => large ? MemoryMarshal.Cast<byte, long>(numbers)[index] : MemoryMarshal.Cast<byte, int>(numbers)[index];
    }

    /// <summary>Runs (Arrow columnar format, "Run-End Encoded Layout"): values with the position each one ends at.</summary>
    private ColumnVector ReadRuns(ArrowField field, int length)
    {
        var runEnds = Read(field.Children[0]);
        var values = Read(field.Children[1]);
        byte[] rowBytes = budget.Allocate((long)length * sizeof(int));
        var rows = MemoryMarshal.Cast<byte, int>(rowBytes.AsSpan());
        int at = 0;
        for (int run = 0; run < runEnds.Length && at < length; run++)
        {
            long end = runEnds.Type.Kind == TypeKind.Int64 ? runEnds.Values<long>()[run] : runEnds.Values<int>()[run];
            if (end <= at || run >= values.Length) throw new InvalidDataException("runs go backwards, or there are more than values");
            for (; at < length && at < end; at++) rows[at] = run;
        }

        if (at < length) throw new InvalidDataException("runs end before their column does");
        return ArrowGather.Take(values, rows, budget);
    }

    /// <summary>Puts the values of a dictionary in place of the indexes into it.</summary>
    private ColumnVector Expand(ColumnVector indexes, ColumnVector values)
    {
        byte[] rowBytes = budget.Allocate((long)indexes.Length * sizeof(int));
        var rows = MemoryMarshal.Cast<byte, int>(rowBytes.AsSpan());
        for (int i = 0; i < rows.Length; i++)
        {
            if (indexes.IsNull(i))
            {
                rows[i] = -1;
                continue;
            }

            Int128 index = indexes.Type.Kind switch
            {
                TypeKind.Int32 => indexes.Values<int>()[i],
                TypeKind.Int64 => indexes.Values<long>()[i],
                _ => indexes.Values<Int128>()[i],
            };
            rows[i] = index >= 0 && index < values.Length ? (int)index : throw new InvalidDataException("an index leads outside its dictionary");
        }

        return ArrowGather.Take(values, rows, budget);
    }
}
