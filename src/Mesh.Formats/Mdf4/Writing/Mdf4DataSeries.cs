using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>The bytes of a data list in the order they come, cut into blocks between two records or values.</summary>
/// <param name="file">The file.</param>
/// <param name="list">Where finished blocks go.</param>
/// <param name="blockBytes">Data bytes of a full block.</param>
internal sealed class Mdf4DataSeries(Mdf4BlockFile file, Mdf4DataList list, int blockBytes)
{
    private const int FirstBytes = 16 << 10;
    private byte[] buffer = [];
    private int filled;

    /// <summary>Bytes given so far, those already in the file included.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    public int HeldBytes => buffer.Length;

    /// <summary>Bytes that the block being filled still takes; a block takes anything when it is empty.</summary>
    public int RoomBytes => blockBytes - filled;

    /// <summary>Whether so many bytes can be added before the block has to go.</summary>
    public bool Fits(long count) => filled == 0 || count <= RoomBytes;

    /// <summary>Room for the next bytes, which the caller fills.</summary>
    public Span<byte> Take(int count)
    {
        int needed = checked(Mdf4DataBlock.HeadRoom + filled + count + Mdf4DataBlock.TailRoom);
        if (needed > buffer.Length) Grow(needed);
        var room = buffer.AsSpan(Mdf4DataBlock.HeadRoom + filled, count);
        filled += count;
        TotalBytes += count;
        return room;
    }

    /// <summary>Sends the block on its way; nothing happens when it is empty.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (filled == 0) return ValueTask.CompletedTask;
        var block = new Mdf4DataBlock(list, buffer, filled);
        file.BufferedBytes -= buffer.Length;
        buffer = [];
        filled = 0;
        return file.EnqueueAsync(block, cancellationToken);
    }

    public void Release()
    {
        SourceWindow.Release(buffer);
        buffer = [];
        filled = 0;
    }

    private void Grow(int needed)
    {
        int wanted = Math.Max(needed, Math.Min(Math.Max(buffer.Length * 2, FirstBytes), Mdf4DataBlock.HeadRoom + blockBytes + Mdf4DataBlock.TailRoom));
        byte[] larger = SourceWindow.Rent(wanted);
        buffer.AsSpan(0, filled == 0 ? 0 : Mdf4DataBlock.HeadRoom + filled).CopyTo(larger);
        file.BufferedBytes += larger.Length - buffer.Length;
        SourceWindow.Release(buffer);
        buffer = larger;
    }
}
