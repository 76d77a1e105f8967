using System.Buffers.Binary;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>A row on a table leaf page (SQLite file format, 1.6): how much of it lies on the page, and where the rest is.</summary>
internal readonly struct SqliteCell
{
    private SqliteCell(int bytes, long rowId, long payloadBytes, int localOffset, int localBytes, uint overflowPage)
    {
        Bytes = bytes;
        RowId = rowId;
        PayloadBytes = payloadBytes;
        LocalOffset = localOffset;
        LocalBytes = localBytes;
        OverflowPage = overflowPage;
    }

    /// <summary>Bytes the cell takes on the page.</summary>
    public int Bytes { get; }

    public long RowId { get; }

    /// <summary>Bytes of the record.</summary>
    public long PayloadBytes { get; }

    /// <summary>Where in the page the record begins.</summary>
    public int LocalOffset { get; }

    /// <summary>Bytes of the record on the page.</summary>
    public int LocalBytes { get; }

    /// <summary>First page of the rest; 0 when the record is on the page as a whole.</summary>
    public uint OverflowPage { get; }

    /// <summary>Reads cell <paramref name="index"/>.</summary>
    /// <param name="page">The page, or what there is of it.</param>
    /// <param name="headerAt">Where its b-tree header begins: 100 on page 1, else 0.</param>
    /// <param name="index">Which cell, in key order.</param>
    /// <param name="usable">Bytes of a page that the b-tree uses.</param>
    /// <param name="cell">The cell.</param>
    public static bool TryRead(ReadOnlySpan<byte> page, int headerAt, int index, int usable, out SqliteCell cell)
    {
        cell = default;
        int pointerAt = headerAt + SqliteBtree.LeafHeaderBytes + (index * 2);
        if (pointerAt + 2 > page.Length) return false;
        int at = BinaryPrimitives.ReadUInt16BigEndian(page[pointerAt..]);
        int end = Math.Min(page.Length, usable);
        if (at <= pointerAt || at >= end) return false;
        int position = at;
        if (!Varint.TryRead(page[..end], ref position, out long payload) || payload < 0) return false;
        if (!Varint.TryRead(page[..end], ref position, out long rowId)) return false;

        int maxLocal = usable - 35;
        int local = (int)Math.Min(payload, maxLocal);
        uint overflow = 0;
        if (payload > maxLocal)
        {
            int minLocal = ((usable - 12) * 32 / 255) - 23;
            long surplus = minLocal + ((payload - minLocal) % (usable - 4));
            local = surplus <= maxLocal ? (int)surplus : minLocal;
            if (position + local + 4 > end) return false;
            overflow = BinaryPrimitives.ReadUInt32BigEndian(page[(position + local)..]);
        }

        if (position + local > end) return false;

        // A cell takes at least the four bytes it will need as a free block.
        int size = position + local + (overflow != 0 ? sizeof(uint) : 0) - at;
        cell = new SqliteCell(Math.Max(size, 4), rowId, payload, position, local, overflow);
        return true;
    }
}
