using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Finds where intact records go on after damage. A place counts when a chunk with consistent sizes begins there, or when three records in
/// a row fit the specification's smallest sizes, the file and the known channels.
/// </summary>
internal sealed class McapResync(IByteSource source, McapDefinitions definitions)
{
    private const int ScanBytes = 64 << 10;
    private const int ProbeBytes = 128;
    private const int ChainLength = 3;

    // Shortest content by opcode (specification, "Records").
    private static readonly byte[] MinContentBytes = [0, 8, 20, 14, 16, 22, 40, 6, 64, 36, 48, 46, 8, 20, 17, 4];

    private readonly byte[] probe = new byte[ProbeBytes];

    // Bounds the reads that data made to look like records can cause.
    private int probesLeft = 20_000;

    /// <summary>
    /// Whether messages are expected in chunks. Then a message that lies bare after damage is the inside of a chunk whose CRC can no longer be
    /// checked, and is not taken.
    /// </summary>
    public bool RecordingHasChunks { get; set; }

    /// <summary>First place at or after <paramref name="from"/> where records go on; -1 when there is none.</summary>
    public async ValueTask<long> FindAsync(long from, CancellationToken cancellationToken)
    {
        byte[] buffer = SourceWindow.Rent(ScanBytes);
        try
        {
            while (true)
            {
                int filled = await source.ReadAtAsync(from, buffer.AsMemory(0, ScanBytes), cancellationToken).ConfigureAwait(false);
                int places = filled - McapRecordLexer.PrefixBytes + 1;
                if (places <= 0) break;
                for (int at = 0; at < places; at++)
                {
                    int ahead = buffer.AsSpan(at, places - at).IndexOfAnyInRange((byte)McapOpcode.Header, (byte)McapOpcode.DataEnd);
                    if (ahead < 0) break;
                    at += ahead;
                    if (!PrefixFits(buffer.AsSpan(at, filled - at), from + at, out _, out _)) continue;
                    if (probesLeft <= 0) return -1;
                    if (await IsPlausibleAsync(from + at, cancellationToken).ConfigureAwait(false)) return from + at;
                }

                from += places;
            }

            return -1;
        }
        finally
        {
            SourceWindow.Release(buffer);
        }
    }

    /// <summary>Whether records go on at a place.</summary>
    public async ValueTask<bool> IsPlausibleAsync(long offset, CancellationToken cancellationToken)
    {
        for (int i = 0; i < ChainLength; i++)
        {
            if (--probesLeft < 0) return false;
            int filled = await source.ReadAtAsync(offset, probe, cancellationToken).ConfigureAwait(false);
            if (!PrefixFits(probe.AsSpan(0, filled), offset, out var opcode, out long length)) return false;
            if (!ContentFits(probe.AsSpan(0, filled)[McapRecordLexer.PrefixBytes..], opcode, length)) return false;
            if (opcode is McapOpcode.Chunk or McapOpcode.Footer) return true;
            offset += McapRecordLexer.PrefixBytes + length;
        }

        return true;
    }

    /// <summary>Whether a chunk's inner sizes agree with its length, wherever the file ends.</summary>
    public static bool IsChunk(ReadOnlySpan<byte> content, ulong length) =>
        McapChunkRecord.TryParse(content, out var chunk)
        && chunk.Compression.Length <= 32
        && length >= (ulong)chunk.RecordsOffset
        && chunk.RecordsLength <= length - (ulong)chunk.RecordsOffset
        && length - (ulong)chunk.RecordsOffset - chunk.RecordsLength <= 1024;

    /// <summary>Length of a chunk by its inner sizes alone; 0 when they are not a chunk's.</summary>
    public static long ChunkLength(ReadOnlySpan<byte> content) =>
        McapChunkRecord.TryParse(content, out var chunk) && chunk.Compression.Length <= 32 && chunk.RecordsLength <= int.MaxValue
            ? chunk.RecordsOffset + (long)chunk.RecordsLength
            : 0;

    /// <summary>Whether an attachment's inner size agrees with its length, wherever the file ends.</summary>
    public static bool IsAttachment(ReadOnlySpan<byte> content, ulong length)
    {
        var fields = new McapFieldReader(content);
        fields.ReadUInt64();
        fields.ReadUInt64();
        fields.ReadBytes32();
        fields.ReadBytes32();
        ulong data = fields.ReadUInt64();
        if (fields.Failed || length < (ulong)fields.Position) return false;
        ulong rest = length - (ulong)fields.Position;
        return data <= rest && rest - data <= 1024;
    }

    private bool PrefixFits(ReadOnlySpan<byte> buffer, long offset, out McapOpcode opcode, out long length)
    {
        length = 0;
        if (!McapRecordLexer.TryReadPrefix(buffer, out opcode, out ulong claimed)) return false;
        if (opcode is < McapOpcode.Header or > McapOpcode.DataEnd || claimed < MinContentBytes[(int)opcode]) return false;
        length = (long)Math.Min(claimed, long.MaxValue);
        return length <= source.Length - offset - McapRecordLexer.PrefixBytes;
    }

    private bool ContentFits(ReadOnlySpan<byte> content, McapOpcode opcode, long length) => opcode switch
    {
        McapOpcode.Chunk => IsChunk(content, (ulong)length),
        McapOpcode.Schema or McapOpcode.Channel => !RecordingHasChunks,
        McapOpcode.Message => !RecordingHasChunks && definitions.IndexOf((ushort)(content[0] | content[1] << 8)) >= 0,
        McapOpcode.Footer => length == McapFooterRecord.ContentBytes
            && content.Length >= length + 8 && content.Slice((int)length, 8).SequenceEqual(McapRecordLexer.Magic),
        McapOpcode.DataEnd or McapOpcode.SummaryOffset => length <= 64,
        _ => true,
    };
}
