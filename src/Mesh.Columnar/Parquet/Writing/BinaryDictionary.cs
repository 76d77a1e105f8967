using System.Buffers.Binary;
using System.Numerics;

namespace Mesh.Columnar.Parquet;

/// <summary>Distinct texts or byte strings of a chunk, side by side in order of first appearance.</summary>
internal sealed class BinaryDictionary
{
    private const int FirstSlots = 64;
    private readonly PooledList<byte> bytes = new();
    private readonly PooledList<int> ends = new();

    /// <summary>Hash in the high half, index + 1 in the low one; 0 where there is nothing.</summary>
    private readonly PooledList<ulong> slots = new();

    public int Count => ends.Length;

    /// <summary>Bytes of all values.</summary>
    public int ByteCount => bytes.Length;

    public long CapacityBytes => bytes.CapacityBytes + ends.CapacityBytes + slots.CapacityBytes;

    public ReadOnlySpan<byte> this[int index] => bytes.Span[(index == 0 ? 0 : ends.Span[index - 1])..ends.Span[index]];

    /// <summary>Index of the value, which is added when new; -1 when the dictionary would exceed <paramref name="maxBytes"/>.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> value, int maxBytes)
    {
        if (ends.Length * 2 >= slots.Length) Grow();
        uint hash = Hash(value);
        var table = slots.Span;
        int mask = table.Length - 1;
        int slot = (int)hash & mask;
        for (; table[slot] != 0; slot = (slot + 1) & mask)
        {
            if ((uint)(table[slot] >> 32) != hash) continue;
            int entry = (int)(uint)table[slot] - 1;
            if (this[entry].SequenceEqual(value)) return entry;
        }

        if ((long)bytes.Length + ((ends.Length + 1L) * sizeof(int)) + value.Length > maxBytes) return -1;
        bytes.Append(value);
        ends.Add(bytes.Length);
        table[slot] = ((ulong)hash << 32) | (uint)ends.Length;
        return ends.Length - 1;
    }

    /// <summary>Appends the values in plain encoding.</summary>
    /// <param name="target">Takes them.</param>
    /// <param name="hasLengths">Whether each carries its length, as byte arrays of variable length do.</param>
    public void WritePlain(PooledList<byte> target, bool hasLengths)
    {
        if (!hasLengths)
        {
            target.Append(bytes.Span);
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            var value = this[i];
            BinaryPrimitives.WriteInt32LittleEndian(target.Extend(sizeof(int)), value.Length);
            target.Append(value);
        }
    }

    public void Free()
    {
        bytes.Free();
        ends.Free();
        slots.Free();
    }

    private void Grow()
    {
        int size = Math.Max(FirstSlots, slots.Length * 2);
        var larger = new PooledList<ulong>();
        var table = larger.Extend(size);
        table.Clear();
        foreach (ulong entry in slots.Span)
        {
            if (entry == 0) continue;
            int slot = (int)(entry >> 32) & (size - 1);
            while (table[slot] != 0) slot = (slot + 1) & (size - 1);
            table[slot] = entry;
        }

        slots.Clear();
        slots.Append(table);
        larger.Free();
    }

    private static uint Hash(ReadOnlySpan<byte> value)
    {
        const ulong Golden = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)value.Length * Golden;
        if (value.Length >= 8)
        {
            ulong last = BinaryPrimitives.ReadUInt64LittleEndian(value[^8..]);
            for (; value.Length > 8; value = value[8..])
            {
                hash = (BitOperations.RotateLeft(hash, 23) ^ BinaryPrimitives.ReadUInt64LittleEndian(value)) * Golden;
            }

            hash = (BitOperations.RotateLeft(hash, 23) ^ last) * Golden;
        }
        else if (value.Length >= 4)
        {
            ulong both = BinaryPrimitives.ReadUInt32LittleEndian(value) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(value[^4..]) << 32);
            hash = (hash ^ both) * Golden;
        }
        else if (value.Length > 0)
        {
            hash = (hash ^ (uint)(value[0] | (value[value.Length >> 1] << 8) | (value[^1] << 16))) * Golden;
        }

        return (uint)(hash >> 32) ^ (uint)(hash >> 11);
    }
}
