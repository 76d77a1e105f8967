using System.Buffers;
using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Parquet;

/// <summary>A growing run of values in an array of the shared pool. <see cref="Free"/> gives the array back.</summary>
internal sealed class PooledList<T>
    where T : unmanaged
{
    private T[] array = [];

    public int Length { get; private set; }

    /// <summary>Bytes held.</summary>
    public long CapacityBytes => (long)array.Length * Unsafe.SizeOf<T>();

    public Span<T> Span => array.AsSpan(0, Length);

    /// <summary>The array behind <see cref="Span"/>; valid until the list grows or is freed.</summary>
    public T[] Array => array;

    public ReadOnlyMemory<T> Memory => array.AsMemory(0, Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T value)
    {
        if (Length == array.Length) Grow(1);
        array[Length++] = value;
    }

    public void Append(ReadOnlySpan<T> values) => values.CopyTo(Extend(values.Length));

    /// <summary>Lengthens the list and gives the new places, whose contents are undefined.</summary>
    public Span<T> Extend(int count)
    {
        if (array.Length - Length < count) Grow(count);
        var added = array.AsSpan(Length, count);
        Length += count;
        return added;
    }

    /// <summary>Makes room without lengthening.</summary>
    public void Reserve(int count)
    {
        if (array.Length - Length < count) Grow(count);
    }

    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    public void Clear() => Length = 0;

    public void Free()
    {
        if (array.Length > 0) ArrayPool<T>.Shared.Return(array);
        array = [];
        Length = 0;
    }

    private void Grow(int count)
    {
        long wanted = Math.Max(Math.Max(256, array.Length * 2L), (long)Length + count);
        var larger = ArrayPool<T>.Shared.Rent((int)Math.Min(System.Array.MaxLength, wanted));
        Span.CopyTo(larger);
        if (array.Length > 0) ArrayPool<T>.Shared.Return(array);
        array = larger;
    }
}
