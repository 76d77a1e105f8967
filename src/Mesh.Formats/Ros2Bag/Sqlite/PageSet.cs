namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>A set of page numbers: a bit each, allocated as far as it is used.</summary>
internal sealed class PageSet
{
    private const int PagesPerChunk = 1 << 15;
    private ulong[]?[] chunks = new ulong[]?[16];

    /// <summary>Adds a page; false when it was in already.</summary>
    public bool Add(uint page)
    {
        int index = (int)(page / PagesPerChunk);
        if (index >= chunks.Length) Array.Resize(ref chunks, Math.Max(index + 1, chunks.Length * 2));
        ulong[] chunk = chunks[index] ??= new ulong[PagesPerChunk / 64];
        int word = (int)(page % PagesPerChunk) / 64;
        ulong bit = 1UL << (int)(page % 64);
        if ((chunk[word] & bit) != 0) return false;
        chunk[word] |= bit;
        return true;
    }

    public bool Contains(uint page)
    {
        int index = (int)(page / PagesPerChunk);
        return index < chunks.Length && chunks[index] is { } chunk && (chunk[(int)(page % PagesPerChunk) / 64] & (1UL << (int)(page % 64))) != 0;
    }

    public void Clear() => Array.Clear(chunks);
}
