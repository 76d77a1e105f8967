using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mesh.Broker.Storage;

/// <summary>
/// The last offset of each key, in a fixed amount of memory: keys are known by 128 bits of their SHA-256, so that two of them are never
/// taken for one. Open addressing; full at three quarters.
/// </summary>
internal sealed class OffsetMap
{
    private const int SlotBytes = 8 * 3;

    private readonly Slot[] slots;
    private readonly int capacity;

    private struct Slot
    {
        public ulong High;
        public ulong Low;

        /// <summary>Offset plus one; 0 for a free slot.</summary>
        public long Next;
    }

    /// <param name="memoryBytes">Memory it takes.</param>
    public OffsetMap(int memoryBytes)
    {
        slots = new Slot[Math.Max(16, memoryBytes / SlotBytes)];
        capacity = slots.Length / 4 * 3;
    }

    /// <summary>Keys.</summary>
    public int Count { get; private set; }

    /// <summary>Whether so many more keys are sure to fit.</summary>
    public bool HasRoomFor(int keys) => Count + (long)keys <= capacity;

    /// <summary>Sets a key's offset; false when it is a new key and there is no room.</summary>
    public bool TrySet(ReadOnlySpan<byte> key, long offset)
    {
        ref var slot = ref Find(key, out ulong high, out ulong low);
        if (slot.Next == 0)
        {
            if (Count >= capacity) return false;
            Count++;
            slot.High = high;
            slot.Low = low;
        }

        slot.Next = offset + 1;
        return true;
    }

    /// <summary>The last offset of a key; -1 when it is not known.</summary>
    public long Get(ReadOnlySpan<byte> key) => Find(key, out _, out _).Next - 1;

    private ref Slot Find(ReadOnlySpan<byte> key, out ulong high, out ulong low)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        high = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        low = BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]);
        for (int at = (int)(high % (ulong)slots.Length); ; at = at + 1 == slots.Length ? 0 : at + 1)
        {
            ref var slot = ref slots[at];
            if (slot.Next == 0 || (slot.High == high && slot.Low == low)) return ref slot;
        }
    }
}
