using System.Globalization;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>Reads rows with what of them lies on overflow pages.</summary>
internal static class SqliteRows
{
    public const string Malformed = "MESH10454";
    public const string OverflowBroken = "MESH10457";
    private const int MaxColumns = 64;

    /// <summary>
    /// Copies a record: its part on the leaf page, then the chain of overflow pages (SQLite file format, 1.6 "Cell Payload Overflow Pages").
    /// </summary>
    /// <param name="pager">The pages.</param>
    /// <param name="leaf">The leaf page.</param>
    /// <param name="cell">The row.</param>
    /// <param name="target">Receives the record; as long as it.</param>
    /// <param name="visited">Pages in use; a page of the chain that is in it already belongs to something else.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Null when it is whole, else what is wrong.</returns>
    public static async ValueTask<string?> CopyAsync(
        SqlitePager pager, ReadOnlyMemory<byte> leaf, SqliteCell cell, Memory<byte> target, PageSet visited, CancellationToken cancellationToken)
    {
        leaf.Span.Slice(cell.LocalOffset, cell.LocalBytes).CopyTo(target.Span);
        int filled = cell.LocalBytes;
        uint page = cell.OverflowPage;
        int perPage = pager.Header.UsableSize - sizeof(uint);
        while (filled < target.Length)
        {
            if (page == 0 || page > pager.PageCount) return string.Create(CultureInfo.InvariantCulture, $"a pointer to page {page}");
            if (!visited.Add(page)) return string.Create(CultureInfo.InvariantCulture, $"page {page}, which is in use elsewhere");
            if (!pager.TryGet(page, out var bytes))
            {
                await pager.LoadAsync(page, cancellationToken).ConfigureAwait(false);
                pager.TryGet(page, out bytes);
            }

            int count = Math.Min(perPage, target.Length - filled);
            if (bytes.Length < sizeof(uint) + count) return "the end of the file";
            bytes.Slice(sizeof(uint), count).CopyTo(target.Span[filled..]);
            filled += count;
            page = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }

        return null;
    }

    /// <summary>Reads a small table.</summary>
    /// <param name="pager">The pages.</param>
    /// <param name="btree">The table, or a leaf page of it when <paramref name="wholeTable"/> is false.</param>
    /// <param name="visited">Pages in use.</param>
    /// <param name="losses">Receives damage; null to pass over it.</param>
    /// <param name="maxBytes">Bytes of all rows together; beyond it reading ends with a loss.</param>
    /// <param name="wholeTable">Whether to walk the whole tree, or take the page the walk is at.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async ValueTask<List<SqliteRow>> ReadAsync(
        SqlitePager pager, SqliteBtree btree, PageSet visited, LossList? losses, long maxBytes, bool wholeTable, CancellationToken cancellationToken)
    {
        List<SqliteRow> rows = [];
        var columns = new SqliteColumn[MaxColumns];
        long left = maxBytes;
        if (wholeTable && !await btree.NextAsync(cancellationToken).ConfigureAwait(false)) return rows;
        do
        {
            for (int i = 0; i < btree.Cells; i++)
            {
                long offset = pager.OffsetOf(btree.Page);
                if (!SqliteCell.TryRead(btree.Leaf.Span, btree.HeaderAt, i, pager.Header.UsableSize, out var cell))
                {
                    losses?.Add(Malformed, offset, 0, "a row of a table", "one that is not within its page");
                    continue;
                }

                if (cell.PayloadBytes > left || cell.PayloadBytes > (long)pager.PageCount * pager.Header.PageSize)
                {
                    losses?.Add(Malformed, offset, 0, string.Create(CultureInfo.InvariantCulture, $"definitions of at most {maxBytes:N0} bytes"), string.Create(CultureInfo.InvariantCulture, $"a row of {cell.PayloadBytes:N0}"));
                    continue;
                }

                left -= cell.PayloadBytes;
                byte[] record = new byte[cell.PayloadBytes];
                if (await CopyAsync(pager, btree.Leaf, cell, record, visited, cancellationToken).ConfigureAwait(false) is { } broken)
                {
                    losses?.Add(OverflowBroken, offset, cell.PayloadBytes, "the rest of a row", broken);
                }
                else if (SqliteRecord.TryList(record, record.Length, columns, out int count))
                {
                    rows.Add(new SqliteRow(cell.RowId, btree.Page, record, columns[..count], pager.Header.TextEncoding));
                }
                else
                {
                    losses?.Add(Malformed, offset, cell.PayloadBytes, "the columns of a row", "lengths that do not add up");
                }
            }
        }
        while (wholeTable && await btree.NextAsync(cancellationToken).ConfigureAwait(false));
        return rows;
    }
}
