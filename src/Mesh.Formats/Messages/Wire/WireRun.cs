using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>
/// The builders of a row as generated code sees them: their arrays, written directly, and how far each region has come. Between
/// <see cref="Begin"/> and <see cref="End"/> the builders themselves know nothing of what is written.
/// </summary>
/// <remarks>
/// What generated code calls is compiled with full optimisation at once: measured, calls from there keep the first, slow tier for long.
/// </remarks>
internal sealed class WireRun(WireRegions regions, ColumnBuilder[] builders)
{
    /// <summary>By slot: values, bits, or ends after a leading zero.</summary>
    public readonly byte[][] Arrays = new byte[builders.Length][];

    /// <summary>Complete rows by region.</summary>
    public readonly int[] Counters = new int[regions.Slots.Length];

    private readonly int[] capacities = new int[regions.Slots.Length];
    private readonly byte[][] texts = new byte[builders.Length][];
    private readonly int[] textUsed = new int[builders.Length];

    /// <summary>Makes room for rows; false when the builders do not stand as this class left them.</summary>
    public bool Begin(int rows)
    {
        for (int region = 0; region < Counters.Length; region++)
        {
            var slots = regions.Slots[region];
            int length = Counters[region] = capacities[region] = builders[slots[0]].Length / regions.PerRow[slots[0]];
            foreach (int slot in slots)
            {
                if (builders[slot].Length != length * (long)regions.PerRow[slot]) return false;
                if (builders[slot] is BinaryBuilder text)
                {
                    textUsed[slot] = text.BytesUsed;
                    texts[slot] = text.ReserveBytes(text.BytesUsed, 0);
                }
            }
        }

        Grow(0, rows);
        return true;
    }

    /// <summary>Tells the builders what was written.</summary>
    /// <param name="rows">Rows in all.</param>
    /// <param name="isWhole">False when a message was given up half way, whose traces must go.</param>
    public void End(int rows, bool isWhole)
    {
        for (int region = 1; region < Counters.Length; region++) Commit(region, Counters[region]);
        Commit(0, rows);
        if (isWhole) return;
        foreach (var builder in builders)
        {
            if (builder is BooleanBuilder) builder.Truncate(builder.Length);
        }

        foreach (int slot in regions.Slots[0]) (builders[slot] as ListBuilder)?.DiscardOpenElements();
    }

    /// <summary>Room for <paramref name="count"/> more rows of a region.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Reserve(int region, int count)
    {
        if (capacities[region] - Counters[region] < count) Grow(region, count);
    }

    /// <summary>Stores text; false when it is too long or not UTF-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool AppendText(int slot, int row, ref byte source, int length, int maxLength, bool isTerminated)
    {
        if (isTerminated && length > 0 && Unsafe.Add(ref source, length - 1) == 0) length--;
        var text = MemoryMarshal.CreateReadOnlySpan(ref source, length);
        if (length > maxLength || !Utf8.IsValid(text)) return false;
        Append(slot, row, text);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AppendBytes(int slot, int row, ref byte source, int length) => Append(slot, row, MemoryMarshal.CreateReadOnlySpan(ref source, length));

    public void AppendEnum(int slot, int row, long number)
    {
        if (regions.Nodes[slot].EnumNames!.TryGetValue(number, out byte[]? name))
        {
            Append(slot, row, name);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(number, digits, out int length);
        Append(slot, row, digits[..length]);
    }

    /// <summary>Stores a list of numbers whose bytes are known to be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AppendScalars(int slot, int row, ref byte source, int count)
    {
        var element = regions.Nodes[slot].Element!;
        int region = regions.ElementRegions[slot];
        Reserve(region, count);
        int at = Counters[region];
        byte[] array = Arrays[element.Slot];
        var bytes = MemoryMarshal.CreateReadOnlySpan(ref source, count * element.Width);
        switch (element.Kind)
        {
            case WireKind.Float64 or WireKind.Int64: bytes.CopyTo(array.AsSpan(at * 8)); break;
            case WireKind.Float32 or WireKind.Int32: bytes.CopyTo(array.AsSpan(at * 4)); break;
            case WireKind.UInt32: Widen<uint, long>(bytes, array, at); break;
            case WireKind.UInt64: Widen<ulong, Int128>(bytes, array, at); break;
            case WireKind.Int16: Widen<short, int>(bytes, array, at); break;
            case WireKind.UInt16: Widen<ushort, int>(bytes, array, at); break;
            case WireKind.Int8: Widen<sbyte, int>(bytes, array, at); break;
            case WireKind.Bool:
                for (int i = 0; i < bytes.Length; i++)
                {
                    if (bytes[i] != 0) array[(at + i) >> 3] |= (byte)(1 << ((at + i) & 7));
                }

                break;
        }

        Counters[region] = at + count;
        SetEnd(slot, row, at + count);
    }

    /// <summary>Stores a list of texts; gives the position after them, or -1 when one is not as it should be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int AppendTexts(int slot, int row, ref byte message, int position, int length, int count, int alignment, bool isTerminated)
    {
        var element = regions.Nodes[slot].Element!;
        int region = regions.ElementRegions[slot];
        int maxLength = (int)Math.Min(element.MaxText, int.MaxValue);
        Reserve(region, count);
        int at = Counters[region];
        for (int end = at + count; at < end; at++)
        {
            position += -position & (alignment - 1);
            if (length - position < sizeof(int)) return -1;
            uint size = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref message, position));
            position += sizeof(int);
            if (size > (uint)(length - position)) return -1;
            if (!AppendText(element.Slot, at, ref Unsafe.Add(ref message, position), (int)size, maxLength, isTerminated)) return -1;
            position += (int)size;
        }

        Counters[region] = at;
        SetEnd(slot, row, at);
        return position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(int slot, int row, ReadOnlySpan<byte> value)
    {
        int used = textUsed[slot];
        byte[] text = texts[slot];
        if (text.Length - used < value.Length) texts[slot] = text = Unsafe.As<BinaryBuilder>(builders[slot]).ReserveBytes(used, value.Length);
        value.CopyTo(text.AsSpan(used));
        textUsed[slot] = used + value.Length;
        SetEnd(slot, row, used + value.Length);
    }

    private void SetEnd(int slot, int row, int end) => Unsafe.WriteUnaligned(ref Arrays[slot][(row + 1) * sizeof(int)], end);

    private static void Widen<TFrom, TTo>(ReadOnlySpan<byte> bytes, byte[] array, int at)
        where TFrom : unmanaged, System.Numerics.INumber<TFrom>
        where TTo : unmanaged, System.Numerics.INumber<TTo>
    {
        var from = MemoryMarshal.Cast<byte, TFrom>(bytes);
        var to = MemoryMarshal.Cast<byte, TTo>(array.AsSpan())[at..];
        for (int i = 0; i < from.Length; i++) to[i] = TTo.CreateTruncating(from[i]);
    }

    private void Grow(int region, int count)
    {
        Commit(region, Counters[region]);
        // Rows of lists come in small lots, so room is made for as many again.
        if (region > 0) count = Math.Max(count, Math.Min(Counters[region], 1 << 16) + 16);
        foreach (int slot in regions.Slots[region]) Arrays[slot] = builders[slot].ReserveRows(checked(count * regions.PerRow[slot]));
        capacities[region] = checked(Counters[region] + count);
    }

    private void Commit(int region, int rows)
    {
        foreach (int slot in regions.Slots[region])
        {
            var builder = builders[slot];
            int added = (rows * regions.PerRow[slot]) - builder.Length;
            if (added <= 0) continue;
            if (regions.Nodes[slot].Kind == WireKind.List && regions.ElementRegions[slot] == 0) FillEnds(slot, builder.Length, rows);
            builder.CommitRows(added);
        }
    }

    // The ends of arrays follow from their length.
    private void FillEnds(int slot, int from, int to)
    {
        int length = (int)regions.Nodes[slot].FixedCount;
        var ends = MemoryMarshal.Cast<byte, int>(Arrays[slot].AsSpan());
        for (int row = from; row < to; row++) ends[row + 1] = (row + 1) * length;
    }
}
