using System.Buffers;
using System.Globalization;

namespace Mesh.Formats.Mdf.Conversions;

/// <summary>Bytes for one text that is put together.</summary>
internal ref struct TextScratch(Span<byte> initial)
{
    private Span<byte> bytes = initial;
    private byte[]? rented;
    private int used;

    public readonly ReadOnlySpan<byte> Text => bytes[..used];

    public void Clear() => used = 0;

    /// <summary>Room for that many bytes behind the text.</summary>
    public Span<byte> Reserve(int count)
    {
        if (bytes.Length - used < count) Grow(count);
        return bytes[used..];
    }

    public void Advance(int count) => used += count;

    public void Append(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        used += text.Length;
    }

    /// <summary>The shortest digits that give the number back.</summary>
    public void Append(double number)
    {
        number.TryFormat(Reserve(32), out int written, default, CultureInfo.InvariantCulture);
        used += written;
    }

    public void Dispose()
    {
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        this = default;
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(used + count, bytes.Length * 2)));
        bytes[..used].CopyTo(larger);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        bytes = rented = larger;
    }
}
