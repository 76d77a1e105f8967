using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>Distinct texts or byte strings of a chunk, kept in plain encoding as the dictionary page will hold them.</summary>
internal sealed class BinaryDictionary
{
    private const int FirstSlots = 64;
    private readonly PooledList<byte> plain = new();
    private readonly PooledList<int> starts = new();
    private readonly PooledList<uint> hashes = new();
    private readonly PooledList<int> slots = new();

    public int Count => starts.Length;

    public ReadOnlySpan<byte> Plain => plain.Span;

    public long CapacityBytes => plain.CapacityBytes + starts.CapacityBytes + hashes.CapacityBytes + slots.CapacityBytes;

    /// <summary>Bytes of an entry with its length ahead, as in plain encoding.</summary>
    public ReadOnlySpan<byte> PlainOf(int index)
    {
        var from = plain.Span[starts.Span[index]..];
        return from[..(sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(from))];
    }

    /// <summary>Index of the value, which is added when new; -1 when the dictionary would exceed <paramref name="maxBytes"/>.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> value, int maxBytes, out bool isNew)
    {
        isNew = false;
        if (starts.Length * 2 >= slots.Length) Grow();
        uint hash = Hash(value);
        var table = slots.Span;
        int mask = table.Length - 1;
        int slot = (int)hash & mask;
        for (; table[slot] != 0; slot = (slot + 1) & mask)
        {
            int entry = table[slot] - 1;
            if (hashes.Span[entry] == hash && PlainOf(entry)[sizeof(int)..].SequenceEqual(value)) return entry;
        }

        if ((long)plain.Length + sizeof(int) + value.Length > maxBytes) return -1;
        isNew = true;
        table[slot] = starts.Length + 1;
        starts.Add(plain.Length);
        hashes.Add(hash);
        BinaryPrimitives.WriteInt32LittleEndian(plain.Extend(sizeof(int)), value.Length);
        plain.Append(value);
        return starts.Length - 1;
    }

    public void Free()
    {
        plain.Free();
        starts.Free();
        hashes.Free();
        slots.Free();
    }

    private void Grow()
    {
        int size = Math.Max(FirstSlots, slots.Length * 2);
        slots.Clear();
        var table = slots.Extend(size);
        table.Clear();
        for (int i = 0; i < hashes.Length; i++)
        {
            int slot = (int)hashes.Span[i] & (size - 1);
            while (table[slot] != 0) slot = (slot + 1) & (size - 1);
            table[slot] = i + 1;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> value)
    {
        const ulong Golden = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)value.Length * Golden;
        for (; value.Length >= 8; value = value[8..])
        {
            hash = (System.Numerics.BitOperations.RotateLeft(hash, 23) ^ BinaryPrimitives.ReadUInt64LittleEndian(value)) * Golden;
        }

        ulong tail = 0;
        for (int i = 0; i < value.Length; i++) tail |= (ulong)value[i] << (8 * i);
        hash = (System.Numerics.BitOperations.RotateLeft(hash, 23) ^ tail) * Golden;
        return (uint)(hash >> 32) ^ (uint)(hash >> 11);
    }
}
