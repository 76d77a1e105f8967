using System.Runtime.CompilerServices;

namespace Mesh.Synchronise.Watermarks;

/// <summary>Binary heap by (stamp, channel, sequence), the least on top.</summary>
internal sealed class KeyHeap<T>
{
    private Entry[] entries = new Entry[64];

    public int Count { get; private set; }

    public ref readonly Entry Top => ref entries[0];

    public void Push(in Entry entry)
    {
        if (Count == entries.Length) Array.Resize(ref entries, entries.Length * 2);
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (!IsLess(entry, entries[parent])) break;
            entries[at] = entries[parent];
            at = parent;
        }

        entries[at] = entry;
    }

    public Entry Pop()
    {
        var top = entries[0];
        var last = entries[--Count];

        // Lets go of the item.
        entries[Count] = default;
        if (Count == 0) return top;
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= Count) break;
            if (child + 1 < Count && IsLess(entries[child + 1], entries[child])) child++;
            if (!IsLess(entries[child], last)) break;
            entries[at] = entries[child];
            at = child;
        }

        entries[at] = last;
        return top;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsLess(in Entry a, in Entry b)
    {
        if (a.Stamp != b.Stamp) return a.Stamp < b.Stamp;
        return a.Channel != b.Channel ? a.Channel < b.Channel : a.Sequence < b.Sequence;
    }

    public readonly record struct Entry(long Stamp, long Sequence, int Channel, int Bytes, T Item);
}
