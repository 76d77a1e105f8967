namespace Mesh.Lakehouse.Reading;

/// <summary>Rows of one data file that position deletes remove: a bit per row.</summary>
internal sealed class DeletedPositions(long rowCount)
{
    private readonly ulong[] bits = new ulong[(rowCount + 63) / 64];

    /// <summary>Number of rows removed.</summary>
    public long Count { get; private set; }

    /// <summary>Removes a row; one that the file does not have is passed over.</summary>
    public void Add(long position)
    {
        if ((ulong)position >= (ulong)rowCount) return;
        ref ulong word = ref bits[position >> 6];
        ulong bit = 1UL << (int)(position & 63);
        if ((word & bit) == 0) Count++;
        word |= bit;
    }

    public bool Contains(long position) => (bits[position >> 6] & (1UL << (int)(position & 63))) != 0;
}
