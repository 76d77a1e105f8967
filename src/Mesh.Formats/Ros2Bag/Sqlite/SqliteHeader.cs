using System.Buffers.Binary;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>The first 100 bytes of a database (SQLite file format, 1.3 "The Database Header").</summary>
internal sealed record SqliteHeader
{
    public const int Bytes = 100;
    private const int WalVersion = 2;

    /// <summary>Bytes of a page: a power of two from 512 to 65536.</summary>
    public required int PageSize { get; init; }

    /// <summary>Bytes at the end of each page that extensions keep for themselves.</summary>
    public required int ReservedBytes { get; init; }

    /// <summary>Pages the writer says there are; 0 when the number is not valid.</summary>
    public required uint PageCount { get; init; }

    /// <summary>First trunk page of the freelist, 0 for none.</summary>
    public required uint FirstFreePage { get; init; }

    /// <summary>Pages in the freelist.</summary>
    public required uint FreePages { get; init; }

    /// <summary>Text encoding: 1 UTF-8, 2 UTF-16LE, 3 UTF-16BE.</summary>
    public required int TextEncoding { get; init; }

    /// <summary>Whether the last writer used a write-ahead log.</summary>
    public required bool IsWal { get; init; }

    /// <summary>Whether pages that map pages to their parents are strewn in.</summary>
    public required bool IsAutoVacuum { get; init; }

    /// <summary>What was found to be wrong with it and guessed instead; null when it is sound.</summary>
    public string? Damage { get; init; }

    /// <summary>Bytes of a page that the b-tree uses.</summary>
    public int UsableSize => PageSize - ReservedBytes;

    /// <summary>Reads the header; fields that cannot be are replaced by what fits the file best.</summary>
    /// <param name="head">The first bytes of the database; more than a header where there are.</param>
    /// <param name="length">Length of the file.</param>
    public static SqliteHeader Read(ReadOnlySpan<byte> head, long length)
    {
        string? damage = null;
        int pageSize = BinaryPrimitives.ReadUInt16BigEndian(head[16..]);
        if (pageSize == 1) pageSize = 65536;
        if (!IsPageSize(pageSize))
        {
            damage = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a page size of {pageSize}");
            pageSize = GuessPageSize(head, length);
        }

        // Usable size must stay at least 480 (file format, 1.3.4).
        int reserved = head[20];
        if (pageSize - reserved < 480)
        {
            damage ??= string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{reserved} reserved bytes of {pageSize}");
            reserved = 0;
        }

        int encoding = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(head[56..]), 4u);
        uint pages = BinaryPrimitives.ReadUInt32BigEndian(head[28..]);
        bool isCountValid = BinaryPrimitives.ReadUInt32BigEndian(head[24..]) == BinaryPrimitives.ReadUInt32BigEndian(head[92..]);
        return new SqliteHeader
        {
            PageSize = pageSize,
            ReservedBytes = reserved,
            PageCount = isCountValid ? pages : 0,
            FirstFreePage = BinaryPrimitives.ReadUInt32BigEndian(head[32..]),
            FreePages = BinaryPrimitives.ReadUInt32BigEndian(head[36..]),
            TextEncoding = encoding is 2 or 3 ? encoding : 1,
            IsWal = head[18] == WalVersion || head[19] == WalVersion,
            IsAutoVacuum = BinaryPrimitives.ReadUInt32BigEndian(head[52..]) != 0,
            Damage = damage,
        };
    }

    public static bool IsPageSize(int size) => size is >= 512 and <= 65536 && (size & (size - 1)) == 0;

    // The writer pads files to whole pages, and the second page of a bag is the root of a table or of an index.
    private static int GuessPageSize(ReadOnlySpan<byte> head, long length)
    {
        int fallback = 4096;
        for (int size = 512; size <= 65536; size *= 2)
        {
            if (length % size != 0) continue;
            if (size < head.Length && head[size] is 2 or 5 or 10 or 13) return size;
        }

        return fallback;
    }
}
