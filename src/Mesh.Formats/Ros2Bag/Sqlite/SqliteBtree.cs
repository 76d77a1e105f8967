using System.Buffers.Binary;
using System.Globalization;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>
/// Walks the leaf pages of a table's b-tree in rowid order (SQLite file format, 1.6). A page that is not one of the tree's is reported and
/// passed over; a page met twice too, so that the walk ends whatever the pointers say.
/// </summary>
internal sealed class SqliteBtree(SqlitePager pager, uint root, PageSet visited, LossList losses)
{
    public const string PageDamaged = "MESH10451";
    public const int LeafHeaderBytes = 8;
    public const byte TableLeaf = 0x0D;

    private const int InteriorHeaderBytes = 12;
    private const byte TableInterior = 0x05;
    private const int MaxDepth = 20;

    private readonly Stack<(uint[] Children, int Next)> path = new();
    private readonly byte[] leaf = new byte[pager.Header.PageSize];
    private bool started;

    /// <summary>Number of the leaf page the walk is at.</summary>
    public uint Page { get; private set; }

    /// <summary>The leaf page, or what there is of it; a copy that stays until the next step.</summary>
    public ReadOnlyMemory<byte> Leaf { get; private set; }

    /// <summary>Rows on the leaf page.</summary>
    public int Cells { get; private set; }

    /// <summary>Where the leaf page's b-tree header begins.</summary>
    public int HeaderAt => Page == 1 ? SqliteHeader.Bytes : 0;

    /// <summary>Whether a part of the tree could not be walked.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Goes to the next leaf page; false at the end.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        if (!started)
        {
            started = true;
            if (await DescendAsync(root, cancellationToken).ConfigureAwait(false)) return true;
        }

        while (path.TryPop(out var level))
        {
            if (level.Next >= level.Children.Length) continue;
            path.Push((level.Children, level.Next + 1));
            if (await DescendAsync(level.Children[level.Next], cancellationToken).ConfigureAwait(false)) return true;
        }

        return false;
    }

    /// <summary>Goes to a page that is taken for a leaf of this tree; false when it does not look like one.</summary>
    public async ValueTask<bool> GoToLeafAsync(uint page, CancellationToken cancellationToken)
    {
        await pager.LoadAsync(page, cancellationToken).ConfigureAwait(false);
        return pager.TryGet(page, out var bytes) && bytes.Length > HeaderAtOf(page) + LeafHeaderBytes && bytes[HeaderAtOf(page)] == TableLeaf && TakeLeaf(page, bytes);
    }

    /// <summary>
    /// What the page's own account leaves unexplained: bytes of its content area that belong neither to a cell nor to free space
    /// (file format, 1.6). Anything but 0 says that the page is damaged, for example that its number of cells is wrong.
    /// </summary>
    /// <param name="cellBytes">Bytes of all cells on the leaf page.</param>
    public long Unaccounted(long cellBytes)
    {
        var page = Leaf.Span;
        if (page.Length < pager.Header.PageSize) return 0;
        int usable = pager.Header.UsableSize;
        int contentStart = BinaryPrimitives.ReadUInt16BigEndian(page[(HeaderAt + 5)..]);
        if (contentStart == 0) contentStart = 65536;
        long free = page[HeaderAt + 7];
        int block = BinaryPrimitives.ReadUInt16BigEndian(page[(HeaderAt + 1)..]);
        while (block != 0 && block + 4 <= usable)
        {
            free += BinaryPrimitives.ReadUInt16BigEndian(page[(block + 2)..]);
            int next = BinaryPrimitives.ReadUInt16BigEndian(page[block..]);
            if (next != 0 && next <= block) break;
            block = next;
        }

        return usable - contentStart - free - cellBytes;
    }

    /// <summary>Goes down to the first leaf below a page; false when there is none or the page is an interior one whose children come next.</summary>
    private async ValueTask<bool> DescendAsync(uint page, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (page == 0 || page > pager.PageCount)
            {
                // Pages missing at the end of a cut file are reported once, as truncation, not one by one.
                IsDamaged = true;
                if (pager.ExpectedPages == 0 || page > pager.ExpectedPages || page == 0) Report(Math.Min(page, pager.PageCount), "a page of the database", string.Create(CultureInfo.InvariantCulture, $"a pointer to page {page}"), 0);
                return false;
            }

            if (!visited.Add(page))
            {
                Report(page, "a page that belongs to one place of one table", "a second pointer to it", 0);
                return false;
            }

            await pager.LoadAsync(page, cancellationToken).ConfigureAwait(false);
            pager.TryGet(page, out var bytes);
            int headerAt = HeaderAtOf(page);
            byte type = bytes.Length > headerAt + InteriorHeaderBytes ? bytes[headerAt] : (byte)0;
            if (type == TableLeaf && TakeLeaf(page, bytes)) return true;
            if (type != TableInterior || !TryChildren(bytes, headerAt, out uint[] children) || path.Count >= MaxDepth)
            {
                if (bytes.Length < pager.Header.PageSize) IsDamaged = true;
                else Report(page, "a page of a table's b-tree", path.Count >= MaxDepth ? "a tree that is too deep" : string.Create(CultureInfo.InvariantCulture, $"page type {type:x2} or pointers beyond the page"), pager.Header.PageSize);
                return false;
            }

            path.Push((children, 1));
            page = children[0];
        }
    }

    private void Report(uint page, string expected, string found, long bytes)
    {
        IsDamaged = true;
        losses.Add(PageDamaged, page == 0 ? 0 : pager.OffsetOf(page), bytes, expected, found);
    }

    private bool TakeLeaf(uint page, ReadOnlySpan<byte> bytes)
    {
        int headerAt = HeaderAtOf(page);
        int cells = BinaryPrimitives.ReadUInt16BigEndian(bytes[(headerAt + 3)..]);
        if (headerAt + LeafHeaderBytes + (cells * 2) > pager.Header.UsableSize) return false;
        Page = page;
        Cells = cells;
        bytes.CopyTo(leaf);
        Leaf = leaf.AsMemory(0, bytes.Length);
        return true;
    }

    private bool TryChildren(ReadOnlySpan<byte> page, int headerAt, out uint[] children)
    {
        int cells = BinaryPrimitives.ReadUInt16BigEndian(page[(headerAt + 3)..]);
        int pointersAt = headerAt + InteriorHeaderBytes;
        children = [];
        if (pointersAt + (cells * 2) > page.Length) return false;
        children = new uint[cells + 1];
        for (int i = 0; i < cells; i++)
        {
            int at = BinaryPrimitives.ReadUInt16BigEndian(page[(pointersAt + (i * 2))..]);
            if (at < pointersAt || at + 4 > Math.Min(page.Length, pager.Header.UsableSize)) return false;
            children[i] = BinaryPrimitives.ReadUInt32BigEndian(page[at..]);
        }

        children[cells] = BinaryPrimitives.ReadUInt32BigEndian(page[(headerAt + 8)..]);
        return true;
    }

    private static int HeaderAtOf(uint page) => page == 1 ? SqliteHeader.Bytes : 0;
}
