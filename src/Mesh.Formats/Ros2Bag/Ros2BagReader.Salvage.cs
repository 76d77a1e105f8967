using System.Globalization;
using Mesh.Formats.Ros2Bag.Sqlite;

namespace Mesh.Formats.Ros2Bag;

/// <content>Rows that the tree no longer leads to: all pages are searched for leaves with messages.</content>
public sealed partial class Ros2BagReader
{
    private const string RowsMissing = "MESH10463";

    private List<(long RowId, uint Page)> lostLeaves = [];
    private int nextLostLeaf;

    private async ValueTask FindLostLeavesAsync(CancellationToken cancellationToken)
    {
        await PassOverFreePagesAsync(cancellationToken).ConfigureAwait(false);
        for (uint page = 2; page <= pager.PageCount; page++)
        {
            if (layout.Visited.Contains(page) || !await btree.GoToLeafAsync(page, cancellationToken).ConfigureAwait(false)) continue;
            if (FirstMessage() is { } rowId) lostLeaves.Add((rowId, page));
        }

        lostLeaves.Sort();
    }

    private async ValueTask<bool> NextLostLeafAsync(CancellationToken cancellationToken)
    {
        while (nextLostLeaf < lostLeaves.Count)
        {
            uint page = lostLeaves[nextLostLeaf++].Page;

            // It may have been taken for the overflow page of a row in between.
            if (layout.Visited.Add(page) && await btree.GoToLeafAsync(page, cancellationToken).ConfigureAwait(false)) return true;
        }

        lostLeaves = [];
        var (missing, places) = seen.Gaps();
        if (missing > 0)
        {
            losses.Add(RowsMissing, 0, 0, "messages numbered without gaps", string.Create(CultureInfo.InvariantCulture, $"{missing:N0} numbers missing in {places:N0} places"));
        }

        return false;
    }

    // The content of pages given back is what was there before: rows deleted or moved.
    private async ValueTask PassOverFreePagesAsync(CancellationToken cancellationToken)
    {
        uint trunk = pager.Header.FirstFreePage;
        for (uint i = 0; i < pager.Header.FreePages && trunk >= 2 && trunk <= pager.PageCount; i++)
        {
            if (!layout.Visited.Add(trunk)) return;
            await pager.LoadAsync(trunk, cancellationToken).ConfigureAwait(false);
            if (!pager.TryGet(trunk, out var bytes) || bytes.Length < 8) return;
            uint leaves = Math.Min(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), (uint)(bytes.Length / 4) - 2);
            for (int leaf = 0; leaf < leaves; leaf++)
            {
                uint page = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[(8 + (leaf * 4))..]);
                if (page >= 2 && page <= pager.PageCount) layout.Visited.Add(page);
            }

            trunk = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }
    }

    /// <summary>Rowid of the first row on the leaf page that can only be a message; null when there is none.</summary>
    private long? FirstMessage()
    {
        for (int i = 0; i < btree.Cells; i++)
        {
            if (!SqliteCell.TryRead(btree.Leaf.Span, btree.HeaderAt, i, pager.Header.UsableSize, out var cell)) continue;
            var local = btree.Leaf.Span.Slice(cell.LocalOffset, cell.LocalBytes);
            if (!SqliteRecord.TryList(local, cell.PayloadBytes, columns, out int count) || count < 4 || count > layout.MessageColumns) continue;
            if (layout.TopicColumn >= count || layout.DataColumn >= count || layout.TimestampColumn >= count) continue;
            if (columns[0].Type != SqliteRecord.Null || !columns[layout.DataColumn].IsBytes) continue;
            if (!SqliteRecord.TryInteger(local, columns[layout.TimestampColumn], out _)) continue;
            if (SqliteRecord.TryInteger(local, columns[layout.TopicColumn], out long topic) && layout.ChannelOf(topic) >= 0) return cell.RowId;
        }

        return null;
    }
}
