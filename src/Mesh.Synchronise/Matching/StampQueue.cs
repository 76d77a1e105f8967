using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mesh.Synchronise.Matching;

/// <summary>Messages of one channel, oldest first, in a ring that grows with what it holds and never shrinks.</summary>
internal sealed class StampQueue
{
    private Entry[] entries = new Entry[8];
    private int first;

    public int Count { get; private set; }

    public ref readonly Entry this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref entries[(first + index) & (entries.Length - 1)];
    }

    public void Append(long stamp, long message)
    {
        if (Count == entries.Length) Grow();
        entries[(first + Count++) & (entries.Length - 1)] = new Entry(stamp, message);
    }

    public void RemoveFirst()
    {
        first = (first + 1) & (entries.Length - 1);
        Count--;
    }

    private void Grow()
    {
        var larger = new Entry[checked((int)BitOperations.RoundUpToPowerOf2((uint)Count + 1))];
        for (int i = 0; i < Count; i++) larger[i] = this[i];
        entries = larger;
        first = 0;
    }

    public readonly record struct Entry(long Stamp, long Message);
}
