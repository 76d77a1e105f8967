using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Distinct values of a chunk, told apart by their bits; an open-addressing table of pooled arrays.</summary>
internal sealed class ValueDictionary<T>
    where T : unmanaged
{
    private const int FirstSlots = 64;
    private readonly PooledList<T> values = new();
    private readonly PooledList<int> slots = new();
    private int shift = 64;

    public int Count => values.Length;

    public ReadOnlySpan<T> Values => values.Span;

    public long CapacityBytes => values.CapacityBytes + slots.CapacityBytes;

    /// <summary>Index of the value, which is added when new; -1 when there are <paramref name="limit"/> others already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FindOrAdd(T value, int limit)
    {
        if (values.Length * 2 >= slots.Length) Grow();
        var table = slots.Span;
        var known = values.Span;
        int slot = (int)(Hash(value) >> shift);
        while (true)
        {
            int entry = table[slot] - 1;
            if (entry < 0) break;
            if (BitsEqual(known[entry], value)) return entry;
            if (++slot == table.Length) slot = 0;
        }

        if (known.Length >= limit) return -1;
        values.Add(value);
        table[slot] = values.Length;
        return values.Length - 1;
    }

    public void Free()
    {
        values.Free();
        slots.Free();
    }

    private void Grow()
    {
        int size = Math.Max(FirstSlots, slots.Length * 2);
        slots.Clear();
        var table = slots.Extend(size);
        table.Clear();
        shift = 64 - System.Numerics.BitOperations.Log2((uint)size);
        for (int i = 0; i < values.Length; i++)
        {
            int slot = (int)(Hash(values.Span[i]) >> shift);
            while (table[slot] != 0)
            {
                if (++slot == table.Length) slot = 0;
            }

            table[slot] = i + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(T value)
    {
        const ulong Golden = 0x9E3779B97F4A7C15;
        ulong bits;
        if (Unsafe.SizeOf<T>() == 2) bits = Unsafe.BitCast<T, ushort>(value);
        else if (Unsafe.SizeOf<T>() == 4) bits = Unsafe.BitCast<T, uint>(value);
        else if (Unsafe.SizeOf<T>() == 8) bits = Unsafe.BitCast<T, ulong>(value);
        else
        {
            var wide = Unsafe.BitCast<T, UInt128>(value);
            bits = (ulong)wide ^ ((ulong)(wide >> 64) * Golden);
        }

        // Doubles of few digits have zeros in their low half: fold before multiplying.
        return (bits ^ (bits >> 32)) * Golden;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool BitsEqual(T left, T right)
    {
        if (Unsafe.SizeOf<T>() == 2) return Unsafe.BitCast<T, ushort>(left) == Unsafe.BitCast<T, ushort>(right);
        if (Unsafe.SizeOf<T>() == 4) return Unsafe.BitCast<T, uint>(left) == Unsafe.BitCast<T, uint>(right);
        if (Unsafe.SizeOf<T>() == 8) return Unsafe.BitCast<T, ulong>(left) == Unsafe.BitCast<T, ulong>(right);
        return Unsafe.BitCast<T, UInt128>(left) == Unsafe.BitCast<T, UInt128>(right);
    }
}
