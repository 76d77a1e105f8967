using System.Buffers.Binary;
using Mesh.Broker.Protocol;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>Where a batch is in its segment, and the largest timestamp of all batches before it in the segment (-1 for none).</summary>
internal readonly record struct IndexEntry(long Offset, long Position, long MaxTimestampBefore);

/// <summary>
/// The file beside a sealed segment: a summary, so that opening a log reads a few bytes per segment, and the sparse index, which is read
/// when it is first needed. Little-endian; each part carries its own checksum.
/// </summary>
internal static class SegmentIndex
{
    private const uint Magic = 0x3258444d; // "MDX2"
    private const int SummaryBytes = 4 + (8 * 5) + 4 + 4;
    private const int CountAt = SummaryBytes - 8;
    private const int ChecksumAt = SummaryBytes - 4;
    private const int EntryBytes = 8 * 3;

    /// <summary>When the segment was begun is kept here, since the file's own times do not survive a copy.</summary>
    public sealed record Summary(long LogBytes, long NextOffset, long MaxTimestamp, long MaxTimestampOffset, long CreatedMs);

    public static Summary? ReadSummary(string path)
    {
        if (!File.Exists(path)) return null;
        using var file = File.OpenHandle(path);
        byte[] bytes = new byte[SummaryBytes];
        return RandomAccess.Read(file, bytes, 0) == SummaryBytes ? Parse(bytes, out _) : null;
    }

    /// <summary>The entries; null when the file is absent or damaged.</summary>
    public static List<IndexEntry>? ReadEntries(string path)
    {
        if (!File.Exists(path)) return null;
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < SummaryBytes || Parse(bytes, out int count) is null || bytes.Length != SummaryBytes + ((long)count * EntryBytes) + 4) return null;

        var content = bytes.AsSpan(SummaryBytes, count * EntryBytes);
        if (Crc32C.Compute(content) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4))) return null;
        var entries = new List<IndexEntry>(count);
        for (; !content.IsEmpty; content = content[EntryBytes..])
        {
            entries.Add(new IndexEntry(
                BinaryPrimitives.ReadInt64LittleEndian(content),
                BinaryPrimitives.ReadInt64LittleEndian(content[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(content[16..])));
        }

        return entries;
    }

    public static async ValueTask WriteAsync(string path, Summary summary, List<IndexEntry> entries)
    {
        byte[] bytes = new byte[SummaryBytes + (entries.Count * EntryBytes) + 4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), summary.LogBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), summary.NextOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), summary.MaxTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(28), summary.MaxTimestampOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(36), summary.CreatedMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(CountAt), entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Crc32C.Compute(bytes.AsSpan(0, ChecksumAt)));
        var content = bytes.AsSpan(SummaryBytes);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(content, entry.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(content[8..], entry.Position);
            BinaryPrimitives.WriteInt64LittleEndian(content[16..], entry.MaxTimestampBefore);
            content = content[EntryBytes..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(content, Crc32C.Compute(bytes.AsSpan(SummaryBytes, entries.Count * EntryBytes)));
        await AtomicFile.WriteAsync(path, bytes, CancellationToken.None).ConfigureAwait(false);
    }

    private static Summary? Parse(ReadOnlySpan<byte> bytes, out int count)
    {
        count = BinaryPrimitives.ReadInt32LittleEndian(bytes[CountAt..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic || count < 0) return null;
        if (Crc32C.Compute(bytes[..ChecksumAt]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..])) return null;
        return new Summary(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[36..]));
    }
}
