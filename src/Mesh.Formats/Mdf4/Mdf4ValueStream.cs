namespace Mesh.Formats.Mdf4;

/// <summary>
/// Values of one variable-length group as they pass: the latest ones stay in memory, each known by its offset, so that only offsets at which a value
/// begins are answered.
/// </summary>
internal sealed class Mdf4ValueStream(Mdf4ChannelGroup group, long keptBytes)
{
    private readonly Mdf4Buffer data = new();
    private Entry[] entries = [];
    private int count;
    private long removed;
    private long removedBytes;
    private long end;
    private long total;
    private int unanchored = -1;
    private bool follows;

    public Mdf4ChannelGroup Group => group;

    /// <summary>All values by offset, once they had to be put into a file.</summary>
    public Mdf4SignalData? Spilled { get; set; }

    /// <summary>Adds a value: its length and its bytes, at a place in the stream of records.</summary>
    public void Add(ReadOnlySpan<byte> entry, long place)
    {
        if (count == entries.Length) Array.Resize(ref entries, Math.Max(256, count * 2));
        entries[count++] = new Entry(end, place, total);
        data.Append(entry);
        total += entry.Length;
        end += entry.Length;
    }

    /// <summary>Damage took an unknown part: offsets from here on are unknown until a record tells.</summary>
    public void Break() => unanchored = count;

    /// <summary>Lets go of all but the latest values.</summary>
    public void Trim()
    {
        if (data.Count < keptBytes * 2) return;
        int first = 0;
        while (first < count && total - entries[first].Data > keptBytes) first++;
        if (unanchored >= 0) first = Math.Min(first, unanchored);
        if (first == 0) return;
        long kept = first < count ? entries[first].Data : total;
        data.Drop((int)(kept - removedBytes));
        removedBytes = kept;
        Array.Copy(entries, first, entries, 0, count - first);
        count -= first;
        removed += first;
        if (unanchored >= 0) unanchored -= first;
    }

    /// <summary>Finds the value of a record.</summary>
    /// <param name="offset">Its offset; the one after the last value in a file whose offsets were never written.</param>
    /// <param name="place">Place of the record in the stream.</param>
    /// <param name="next">The value expected next; moved on.</param>
    /// <param name="entry">Length and bytes.</param>
    public Mdf4ValueAnswer Find(long offset, long place, ref (long Number, long Offset) next, out ReadOnlySpan<byte> entry)
    {
        entry = default;
        if (unanchored >= 0 && (unanchored == 0 || offset > entries[unanchored - 1].Logical))
        {
            var anchored = Anchor(offset, place);
            if (anchored != Mdf4ValueAnswer.Found) return anchored;
        }

        long at = next.Number - removed;
        if (at < 0 || at >= count || entries[at].Logical != offset)
        {
            if (offset >= end) return Mdf4ValueAnswer.Later;
            if (count == 0 || offset < entries[0].Logical) return Mdf4ValueAnswer.Earlier;
            at = Search(offset);
            if (at < 0) return Mdf4ValueAnswer.None;
        }

        int start = (int)(entries[at].Data - removedBytes);
        int stop = at + 1 < count ? (int)(entries[at + 1].Data - removedBytes) : data.Count;
        entry = data.Span[start..stop];
        follows = entries[at].Place > place;
        next = (removed + at + 1, offset + entry.Length);
        return Mdf4ValueAnswer.Found;
    }

    /// <summary>
    /// The first record after damage tells where its value is: writers put the value directly before or behind the record, and the records before
    /// the damage showed which.
    /// </summary>
    private Mdf4ValueAnswer Anchor(long offset, long place)
    {
        int candidate = -1;
        if (follows)
        {
            for (int i = unanchored; i < count && candidate < 0; i++)
            {
                if (entries[i].Place > place) candidate = i;
            }
        }
        else
        {
            for (int i = unanchored; i < count && entries[i].Place < place; i++) candidate = i;
        }

        if (candidate < 0) return follows ? Mdf4ValueAnswer.Later : Mdf4ValueAnswer.None;
        if (offset < entries[candidate].Logical) return Mdf4ValueAnswer.None;
        long shift = offset - entries[candidate].Logical;
        for (int i = unanchored; i < count; i++) entries[i] = entries[i] with { Logical = entries[i].Logical + shift };
        end += shift;
        unanchored = -1;
        return Mdf4ValueAnswer.Found;
    }

    private int Search(long offset)
    {
        int low = 0, high = count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (entries[middle].Logical == offset) return middle;
            if (entries[middle].Logical < offset) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }

    /// <param name="Logical">Offset in the stream of values.</param>
    /// <param name="Place">Place in the stream of records.</param>
    /// <param name="Data">Bytes of values before it in this reading.</param>
    private readonly record struct Entry(long Logical, long Place, long Data);
}
