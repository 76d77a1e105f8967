using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// A growing run of values in memory that the vector made of them gets: nothing is copied then. The run before tells how much memory the next
/// one is likely to need.
/// </summary>
/// <param name="memory">Where arrays come from; null for the heap.</param>
internal sealed class VectorBuffer<T>(ColumnMemory? memory)
    where T : unmanaged
{
    private byte[] array = [];
    private int likely;

    public int Length { get; private set; }

    /// <summary>Values there is room for.</summary>
    public int Capacity => array.Length / Unsafe.SizeOf<T>();

    public Span<T> Span => Places[..Length];

    /// <summary>The first place, of <see cref="Capacity"/>; valid until the run grows.</summary>
    public ref T First => ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array));

    private Span<T> Places => MemoryMarshal.Cast<byte, T>(array.AsSpan());

    /// <summary>Begins a run. Memory is taken only when the first value comes.</summary>
    /// <param name="likely">Values it will probably have; 0 for about as many as the run before.</param>
    public void Begin(int likely)
    {
        this.likely = likely > 0 ? likely : Length + (Length / 16);
        Length = 0;
    }

    /// <summary>Says that the run will probably have at least so many values.</summary>
    public void Expect(int values) => likely = Math.Max(likely, values);

    /// <summary>Lengthens the run and gives the new places, whose contents are undefined.</summary>
    public Span<T> Extend(int count)
    {
        Reserve(count);
        var added = Places.Slice(Length, count);
        Length += count;
        return added;
    }

    /// <summary>Makes room without lengthening.</summary>
    public void Reserve(int count)
    {
        if (Capacity - Length < count) Grow(count);
    }

    /// <summary>Sets the length, to one that there is room for.</summary>
    public void SetLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Capacity);
        Length = length;
    }

    /// <summary>Hands the run over to a vector.</summary>
    public ReadOnlyMemory<byte> Detach()
    {
        int bytes = Length * Unsafe.SizeOf<T>();
        byte[] taken = array;

        // A vector may live long: it must not keep much more memory than it needs.
        if (taken.Length - bytes > (bytes / 2) + 4096)
        {
            taken = Rent(bytes);
            array.AsSpan(0, bytes).CopyTo(taken);
        }
        else
        {
            array = [];
        }

        memory?.Lend(taken);
        return taken.AsMemory(0, bytes);
    }

    public void Free()
    {
        memory?.Return(array);
        array = [];
        Length = 0;
    }

    private byte[] Rent(long bytes)
    {
        int count = (int)Math.Min(Array.MaxLength, bytes);
        return memory is null ? GC.AllocateUninitializedArray<byte>(count) : memory.Rent(count);
    }

    private void Grow(int count)
    {
        long wanted = Math.Max(Math.Max(2L * Capacity, likely), Math.Max(64, (long)Length + count));
        byte[] larger = Rent(wanted * Unsafe.SizeOf<T>());
        array.AsSpan(0, Length * Unsafe.SizeOf<T>()).CopyTo(larger);
        memory?.Return(array);
        array = larger;
    }
}
