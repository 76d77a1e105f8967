namespace Mesh.Broker.Storage;

/// <summary>
/// The transactions of a partition: which are open, which ended without being visible yet, and which were aborted among the records
/// still kept. Readers ask while the writer changes it.
/// </summary>
internal sealed class TransactionIndex
{
    private const int MaxEntries = 100_000_000;

    private readonly Lock access = new();
    private readonly Dictionary<long, long> open = [];
    private readonly SortedSet<long> openOffsets = [];
    private readonly Queue<(long FirstOffset, long Marker)> ending = [];

    // In order of the marker. Nothing that begins below StableAfter was still open after the marker.
    private List<Aborted> aborted = [];

    /// <param name="ProducerId">Producer.</param>
    /// <param name="FirstOffset">First offset of the transaction.</param>
    /// <param name="Marker">Offset of its abort marker.</param>
    /// <param name="StableAfter">First offset that no transaction ended before is above.</param>
    public readonly record struct Aborted(long ProducerId, long FirstOffset, long Marker, long StableAfter);

    public bool IsOpen(long producerId)
    {
        lock (access) return open.ContainsKey(producerId);
    }

    /// <summary>Producers with a transaction open.</summary>
    public IReadOnlyList<long> Open
    {
        get
        {
            lock (access) return [.. open.Keys];
        }
    }

    /// <summary>First offset that a reader of committed records may not see yet.</summary>
    public long StableBelow(long highWatermark)
    {
        lock (access)
        {
            // A marker above the high watermark may still be lost, and its transaction's end with it.
            while (ending.TryPeek(out var first) && first.Marker < highWatermark) ending.Dequeue();
            long stable = openOffsets.Count > 0 ? Math.Min(openOffsets.Min, highWatermark) : highWatermark;
            foreach (var (firstOffset, _) in ending) stable = Math.Min(stable, firstOffset);
            return stable;
        }
    }

    /// <summary>A transactional batch is in the log.</summary>
    public void Append(long producerId, long baseOffset)
    {
        lock (access)
        {
            if (open.TryAdd(producerId, baseOffset)) openOffsets.Add(baseOffset);
        }
    }

    /// <summary>A marker is in the log.</summary>
    public void End(long producerId, long marker, bool commit)
    {
        lock (access)
        {
            if (!open.Remove(producerId, out long first)) return;
            openOffsets.Remove(first);
            ending.Enqueue((first, marker));
            if (!commit) aborted.Add(new Aborted(producerId, first, marker, openOffsets.Count > 0 ? openOffsets.Min : marker + 1));
        }
    }

    /// <summary>Aborted transactions with records in a range, in order of their first offset.</summary>
    public IReadOnlyList<AbortedTransaction> Between(long fromOffset, long toOffset)
    {
        lock (access)
        {
            int low = 0, high = aborted.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (aborted[middle].Marker < fromOffset) low = middle + 1;
                else high = middle;
            }

            if (low == aborted.Count) return [];
            var found = new List<AbortedTransaction>();
            for (; low < aborted.Count; low++)
            {
                if (aborted[low].FirstOffset < toOffset) found.Add(new AbortedTransaction(aborted[low].ProducerId, aborted[low].FirstOffset));
                if (aborted[low].StableAfter >= toOffset) break;
            }

            found.Sort(static (one, other) => one.FirstOffset.CompareTo(other.FirstOffset));
            return found;
        }
    }

    /// <summary>All aborted transactions with their markers, for the cleaner.</summary>
    public IReadOnlyList<Aborted> All
    {
        get
        {
            lock (access) return [.. aborted];
        }
    }

    /// <summary>Forgets the aborted transactions that end below an offset, or whose marker was cleaned away.</summary>
    public void Trim(long startOffset, IReadOnlySet<long>? markersGone = null)
    {
        lock (access)
        {
            if (aborted.Count == 0 || (aborted[0].Marker >= startOffset && markersGone is null)) return;
            aborted = [.. aborted.Where(entry => entry.Marker >= startOffset && !(markersGone?.Contains(entry.Marker) ?? false))];
        }
    }

    public void Write(BinaryWriter writer)
    {
        lock (access)
        {
            writer.Write(open.Count);
            foreach (var (producerId, first) in open)
            {
                writer.Write(producerId);
                writer.Write(first);
            }

            writer.Write(aborted.Count);
            foreach (var entry in aborted)
            {
                writer.Write(entry.ProducerId);
                writer.Write(entry.FirstOffset);
                writer.Write(entry.Marker);
                writer.Write(entry.StableAfter);
            }
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the caller has checked the bytes' checksum.</summary>
    public void Read(BinaryReader reader)
    {
        lock (access)
        {
            for (int i = Count(reader); i > 0; i--)
            {
                long producerId = reader.ReadInt64();
                long first = reader.ReadInt64();
                open[producerId] = first;
                openOffsets.Add(first);
            }

            for (int i = Count(reader); i > 0; i--) aborted.Add(new Aborted(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()));
        }
    }

    private static int Count(BinaryReader reader) => reader.ReadInt32() is var count && count is >= 0 and <= MaxEntries ? count : throw new EndOfStreamException();
}
