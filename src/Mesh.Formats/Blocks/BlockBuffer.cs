using Mesh.Columnar;

namespace Mesh.Formats.Blocks;

/// <summary>One piece of memory that is used again from block to block. Very large ones lie outside of the heap, to be given back as soon as their block is done.</summary>
internal sealed class BlockBuffer : IDisposable
{
    /// <summary>Larger ones are not kept for the next block.</summary>
    public const int LargestKept = 16 << 20;

    private byte[] array = [];
    private LargeBuffer? large;

    /// <summary>All of it.</summary>
    public Memory<byte> Memory { get; private set; }

    /// <summary>Makes room for <paramref name="size"/> bytes; what was held is lost.</summary>
    public Memory<byte> Reserve(int size)
    {
        if (Memory.Length < size)
        {
            Dispose();
            Take(size);
        }

        return Memory[..size];
    }

    /// <summary>Makes it at least as large, keeping <paramref name="kept"/> bytes from <paramref name="start"/> on, which then come first.</summary>
    public void Grow(int size, int start, int kept)
    {
        var (oldArray, oldLarge, old) = (array, large, Memory);
        Take(size);
        old.Span.Slice(start, kept).CopyTo(Memory.Span);
        SourceWindow.Release(oldArray);
        oldLarge?.Dispose();
    }

    /// <summary>Gives back what is too large to be kept for the next block.</summary>
    public void ReleaseLarge()
    {
        if (large is not null) Dispose();
    }

    /// <summary>Gives everything back; may be used again.</summary>
    public void Dispose()
    {
        SourceWindow.Release(array);
        large?.Dispose();
        array = [];
        large = null;
        Memory = default;
    }

    private void Take(int size)
    {
        large = size > LargestKept ? new LargeBuffer(size) : null;
        array = large is null ? SourceWindow.Rent(size) : [];
        Memory = large?.Memory ?? array;
    }
}
