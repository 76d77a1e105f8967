using System.Runtime.CompilerServices;

namespace Mesh.Columnar;

/// <summary>
/// The growing values of a builder. The array is handed out with the column instead of copied, and the next one begins as large as the
/// last column was: columns of a steady stream cost one array each, not the doublings up to it and a copy.
/// </summary>
internal struct ValueBuffer(ColumnMemory? memory)
{
    private const int SmallestBytes = 256;

    // What is larger than this was one huge value, which says nothing about the next column.
    private const int LargestFirstBytes = 8 << 20;

    private byte[] bytes = [];
    private int firstBytes = SmallestBytes;

    /// <summary>Bytes held.</summary>
    public int Used { get; private set; }

    public readonly ReadOnlySpan<byte> Span => bytes.AsSpan(0, Used);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append<T>(T value)
        where T : unmanaged
    {
        if (bytes.Length - Used < Unsafe.SizeOf<T>()) Grow(Unsafe.SizeOf<T>());
        Unsafe.WriteUnaligned(ref bytes[Used], value);
        Used += Unsafe.SizeOf<T>();
    }

    /// <summary>Room for <paramref name="count"/> bytes, of which <see cref="Advance"/> says how many were used.</summary>
    /// <exception cref="OverflowException">The column would exceed 2 GiB, the reach of a 32-bit offset.</exception>
    public Span<byte> Reserve(int count)
    {
        if (bytes.Length - Used < count) Grow(count);
        return bytes.AsSpan(Used, count);
    }

    /// <summary>The array itself, with room for <paramref name="count"/> bytes after the used ones.</summary>
    public byte[] Reserved(int count)
    {
        if (bytes.Length - Used < count) Grow(count);
        return bytes;
    }

    public void Advance(int count) => Used += count;

    public void Append(ReadOnlySpan<byte> values)
    {
        values.CopyTo(Reserve(values.Length));
        Used += values.Length;
    }

    public void Truncate(int used) => Used = used;

    /// <summary>Hands out the values and begins anew.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        // A column may be held for long and counts only what is in it, so it may not hold much more than that.
        bool isTight = memory is not null || bytes.Length - Used <= Math.Max(SmallestBytes, bytes.Length / 4);
        var taken = isTight ? bytes.AsMemory(0, Used) : Span.ToArray();
        memory?.Lend(bytes);
        firstBytes = (int)Math.Clamp(Used + (Used / 8L), SmallestBytes, LargestFirstBytes);
        bytes = [];
        Used = 0;
        return taken;
    }

    private void Grow(int by)
    {
        int needed = checked(Used + by);
        long wanted = bytes.Length == 0 ? firstBytes : bytes.Length * 2L;
        int size = (int)Math.Min(Array.MaxLength, Math.Max(wanted, needed));
        byte[] larger = memory?.Rent(size) ?? GC.AllocateUninitializedArray<byte>(size);
        Span.CopyTo(larger);
        memory?.Return(bytes);
        bytes = larger;
    }
}
