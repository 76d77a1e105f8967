using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Walks the blocks of one stream of data: a single block, or lists of them (DL, HL, LD). Blocks whose headers are damaged are still
/// found by what the list says of their length; unfinished files are repaired on the way.
/// </summary>
/// <param name="blocks">The file.</param>
/// <param name="header">Which steps of finalisation are missing.</param>
/// <param name="kind">Id of the plain blocks: DT, SD, DV or DI.</param>
/// <param name="link">Where the stream begins; 0 for none.</param>
/// <param name="expectedBytes">Length of the whole stream by the cycle counter; -1 when unknown.</param>
/// <param name="unitBytes">What an LD block counts in: bytes of a sample.</param>
internal sealed partial class Mdf4FragmentWalker(Mdf4BlockReader blocks, Mdf4Header header, uint kind, long link, long expectedBytes, int unitBytes)
{
    // More lists than this are no recording; the bound is for the memory of those already seen.
    private const int MaxLists = 4_000_000;

    private readonly HashSet<long> seen = [];
    private bool started;
    private bool ended;
    private long logical;
    private DataList? list;
    private int index;
    private long lastEnd;
    private bool invalidation;

    /// <summary>Whether to walk the invalidation blocks of LD lists.</summary>
    public bool Invalidation { get => invalidation; init => invalidation = value; }

    /// <summary>The next block, or a lost one; null at the end.</summary>
    public async ValueTask<Mdf4Fragment?> NextAsync(CancellationToken cancellationToken)
    {
        if (!started)
        {
            started = true;
            if (link == 0) ended = true;
            else if (await StartAsync(cancellationToken).ConfigureAwait(false) is { } only) return only;
        }

        while (!ended && list is not null)
        {
            if (index < list.Count)
            {
                var entry = await NextEntryAsync(cancellationToken).ConfigureAwait(false);
                if (entry is not null) return entry;
                continue;
            }

            long next = list.Next;
            if (next == 0)
            {
                list = null;
                break;
            }

            if (await OpenListAsync(next, cancellationToken).ConfigureAwait(false) is { } broken) return broken;
        }

        return await SalvageAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Mdf4Fragment?> StartAsync(CancellationToken cancellationToken)
    {
        var (found, id, length, links) = await blocks.ReadHeaderAsync(link, cancellationToken).ConfigureAwait(false);
        if (!found)
        {
            ended = true;
            return Lost(link, Math.Max(0, expectedBytes), expectedBytes >= 0, $"a {Mdf4BlockId.Name(kind)} block or a list of them", $"a link beyond the file's {blocks.Length:N0} bytes");
        }

        if (id is Mdf4BlockId.HeaderList)
        {
            long first = links >= 1 ? await blocks.ReadInt64Async(link + Mdf4Block.HeaderBytes, cancellationToken).ConfigureAwait(false) ?? 0 : 0;
            if (first != 0) return await OpenListAsync(first, cancellationToken).ConfigureAwait(false);
            ended = true;
            return null;
        }

        if (id is Mdf4BlockId.DataList or Mdf4BlockId.ListData) return await OpenListAsync(link, cancellationToken).ConfigureAwait(false);
        ended = true;
        var only = await OpenBlockAsync(link, expectedBytes, isLast: true, hasLength: expectedBytes >= 0 && !header.Needs(Mdf4Header.CycleCounters), cancellationToken).ConfigureAwait(false);
        lastEnd = only.IsLost ? 0 : only.DataAt + only.StoredBytes;
        return only;
    }

    /// <summary>Opens a DL or LD block; what is returned is its loss.</summary>
    private async ValueTask<Mdf4Fragment?> OpenListAsync(long position, CancellationToken cancellationToken)
    {
        list = null;
        if (seen.Count >= MaxLists || !seen.Add(position))
        {
            ended = true;
            return Lost(position, 0, false, "every list of data blocks once", "a link back to it", Mdf4Codes.Cycle);
        }

        var (found, id, length, links) = await blocks.ReadHeaderAsync(position, cancellationToken).ConfigureAwait(false);
        bool shaped = found && links >= 1 && length >= Mdf4Block.HeaderBytes && links <= (length - Mdf4Block.HeaderBytes) / 8 && position <= blocks.Length - length;
        if (!shaped || (id is not (Mdf4BlockId.DataList or Mdf4BlockId.ListData) && Mdf4BlockId.IsBlock(id)))
        {
            broken = true;
            return Lost(position, Remaining, expectedBytes >= 0, "a list of data blocks ('##DL')", found ? $"{Mdf4BlockId.Name(id)} of {length:N0} bytes with {links:N0} links" : "the end of the file");
        }

        byte[] head = new byte[16];
        long dataAt = position + Mdf4Block.HeaderBytes + (links * 8);
        await blocks.ReadAsync(dataAt, head, cancellationToken).ConfigureAwait(false);
        bool isColumn = kind is Mdf4BlockId.DataValues or Mdf4BlockId.DataInvalidation;
        uint flags = isColumn ? BitConverter.ToUInt32(head, 0) : head[0];
        long count = BitConverter.ToUInt32(head, 4);
        bool equal = (flags & 1) != 0;
        bool hasInvalidation = isColumn && (flags & 0x80000000) != 0;
        long linked = hasInvalidation ? (links - 1) / 2 : links - 1;
        list = new DataList(position)
        {
            Next = await blocks.ReadInt64Async(position + Mdf4Block.HeaderBytes, cancellationToken).ConfigureAwait(false) ?? 0,
            Count = invalidation && !hasInvalidation ? 0 : Math.Min(count, linked),
            LinksAt = position + Mdf4Block.HeaderBytes + 8 + (invalidation ? linked * 8 : 0),
            EqualBytes = equal ? Scaled(BitConverter.ToInt64(head, 8)) : -1,
            OffsetsAt = equal ? 0 : dataAt + 8,
        };
        index = 0;
        return count <= linked ? null : new Mdf4Fragment
        {
            Block = position, Logical = logical, IsLost = true, IsLengthKnown = true,
            Problem = new DataLoss(Mdf4Codes.BadHeader, dataAt + 4, 0, $"as many blocks as the list has links: {linked:N0}", $"{count:N0}"),
        };
    }

    private long Remaining => Math.Max(0, expectedBytes - logical);

    private long Scaled(long units) => units < 0 || units > long.MaxValue / Math.Max(1, unitBytes) ? -1 : units * unitBytes;

    /// <summary>The next block of the open list; null when the list says that there is none.</summary>
    private async ValueTask<Mdf4Fragment?> NextEntryAsync(CancellationToken cancellationToken)
    {
        var current = list!;
        int at = index++;
        long target = await blocks.ReadInt64Async(current.LinksAt + (8L * at), cancellationToken).ConfigureAwait(false) ?? 0;
        bool isLast = at + 1 >= current.Count && current.Next == 0;
        long length = current.EqualBytes;
        if (current.OffsetsAt > 0)
        {
            long own = Scaled(await blocks.ReadInt64Async(current.OffsetsAt + (8L * at), cancellationToken).ConfigureAwait(false) ?? -1);
            long next = at + 1 < current.Count ? Scaled(await blocks.ReadInt64Async(current.OffsetsAt + (8L * (at + 1)), cancellationToken).ConfigureAwait(false) ?? -1) : -1;
            length = own == logical && next >= own ? next - own : -1;
        }

        if (target == 0)
        {
            // Lists are written before they are full: what follows a NIL link in a file that was not finished was never recorded.
            if (header.Unfinished != 0 || length == 0)
            {
                trailing = true;
                return null;
            }

            // An unused entry at the end of the last list.
            if (isLast || current.Next == 0 && await OnlyNilFollowsAsync(current, at, cancellationToken).ConfigureAwait(false))
            {
                index = (int)Math.Min(current.Count, int.MaxValue);
                return null;
            }

            return Lost(current.Position, Math.Max(0, length), length >= 0, "a link to a data block", "none");
        }

        if (!seen.Add(target))
        {
            ended = true;
            return Lost(target, 0, false, "every data block once", "a second link to it", Mdf4Codes.Cycle);
        }

        bool trusted = length >= 0 && !(isLast && current.EqualBytes >= 0);
        var fragment = await OpenBlockAsync(target, length, isLast, trusted, cancellationToken).ConfigureAwait(false);
        if (!fragment.IsLost) lastEnd = fragment.DataAt + fragment.StoredBytes;
        return fragment;
    }

    private async ValueTask<bool> OnlyNilFollowsAsync(DataList current, int at, CancellationToken cancellationToken)
    {
        for (long i = at + 1L; i < current.Count; i++)
        {
            if ((await blocks.ReadInt64Async(current.LinksAt + (8 * i), cancellationToken).ConfigureAwait(false) ?? 0) != 0) return false;
        }

        return true;
    }

    private Mdf4Fragment Lost(long position, long bytes, bool known, string expected, string found, string code = Mdf4Codes.DataBlockLost)
    {
        var lost = new Mdf4Fragment
        {
            Block = position, Logical = logical, Bytes = bytes, IsLost = true, IsLengthKnown = known,
            Problem = new DataLoss(code, Math.Clamp(position, 0, blocks.Length), bytes, expected, found),
        };
        logical += bytes;
        return lost;
    }

    private sealed record DataList(long Position)
    {
        public long Next { get; init; }

        public long Count { get; init; }

        public long LinksAt { get; init; }

        /// <summary>Bytes of every block but the last; -1 when they differ.</summary>
        public long EqualBytes { get; init; }

        /// <summary>Where the offsets of the blocks are; 0 for none.</summary>
        public long OffsetsAt { get; init; }
    }
}
