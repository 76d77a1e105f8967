using System.Buffers.Binary;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>First and last key of an index over one integer column: a handful of pages, however long the table is.</summary>
internal static class SqliteIndexEnds
{
    private const byte IndexLeaf = 0x0A;
    private const byte IndexInterior = 0x02;
    private const int MaxDepth = 20;

    /// <summary>Reads one end; null when the index is empty or not sound.</summary>
    public static async ValueTask<long?> ReadAsync(SqlitePager pager, uint root, bool last, CancellationToken cancellationToken)
    {
        uint page = root;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            if (page < 2 || page > pager.PageCount) return null;
            await pager.LoadAsync(page, cancellationToken).ConfigureAwait(false);
            if (!pager.TryGet(page, out var bytes) || bytes.Length < 12) return null;
            byte type = bytes[0];
            int cells = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (type == IndexLeaf) return Key(bytes, cells, last, pager.Header.UsableSize);
            if (type != IndexInterior) return null;
            if (last || cells == 0)
            {
                page = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
                continue;
            }

            int at = BinaryPrimitives.ReadUInt16BigEndian(bytes[12..]);
            if (at + sizeof(uint) > bytes.Length) return null;
            page = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
        }

        return null;
    }

    private static long? Key(ReadOnlySpan<byte> page, int cells, bool last, int usable)
    {
        int pointerAt = SqliteBtree.LeafHeaderBytes + (last ? (cells - 1) * 2 : 0);
        if (cells == 0 || pointerAt + 2 > page.Length) return null;
        int at = BinaryPrimitives.ReadUInt16BigEndian(page[pointerAt..]);
        int end = Math.Min(page.Length, usable);
        if (at >= end || !Varint.TryRead(page[..end], ref at, out long payload) || payload < 0 || payload > end - at) return null;

        // Timestamp and rowid.
        Span<SqliteColumn> columns = stackalloc SqliteColumn[2];
        var record = page.Slice(at, (int)payload);
        return SqliteRecord.TryList(record, payload, columns, out int count) && count == 2 && SqliteRecord.TryInteger(record, columns[0], out long key) ? key : null;
    }
}
