using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Finds the parts of a file that hold messages. The index tells the chunks; between them the records are looked at one by one, so that
/// messages outside chunks and chunks that no index knows are found as well.
/// </summary>
internal static class McapSegments
{
    // A file with more gaps is not worth picking from: it is read forward.
    private const int MaxGaps = 256;
    private const int GapReadBytes = 4 << 10;
    private const int ChunkHeadBytes = 128;
    private const long BareBytes = 1 << 20;

    /// <summary>The segments in file order; null when index and file do not fit together.</summary>
    public static async ValueTask<List<McapSegment>?> TryFromIndexAsync(
        IByteSource source, McapSummary summary, McapDefinitions definitions, McapReaderOptions options, CancellationToken cancellationToken)
    {
        List<McapSegment> segments = [];
        long position = McapRecordLexer.Magic.Length;
        int gaps = 0;
        foreach (var index in summary.Chunks.OrderBy(chunk => chunk.ChunkStartOffset))
        {
            ulong left = (ulong)summary.Start;
            if (index.ChunkStartOffset < (ulong)position || index.ChunkStartOffset > left) return null;
            left -= index.ChunkStartOffset;
            if (index.ChunkLength is < McapRecordLexer.PrefixBytes or > int.MaxValue || index.ChunkLength > left) return null;
            left -= index.ChunkLength;
            if (index.MessageIndexLength > left) return null;
            long offset = (long)index.ChunkStartOffset, length = (long)index.ChunkLength;
            if (offset > position && (++gaps > MaxGaps || !await TryScanAsync(source, position, offset, definitions, options, segments, cancellationToken).ConfigureAwait(false)))
            {
                return null;
            }

            long cost = McapChunk.CostOf((long)Math.Min(index.UncompressedSize, long.MaxValue), length, index.Compression.Length > 0, options);
            segments.Add(new McapSegment(offset, length, true, index.MessageStartTimeNs, index.MessageEndTimeNs, cost)
            {
                IsEmpty = index.UncompressedSize == 0, MessageIndexOffsets = index.MessageIndexOffsets,
            });
            position = offset + length + (long)index.MessageIndexLength;
        }

        return await TryScanAsync(source, position, summary.Start, definitions, options, segments, cancellationToken).ConfigureAwait(false) ? segments : null;
    }

    private static async ValueTask<bool> TryScanAsync(
        IByteSource source, long from, long to, McapDefinitions definitions, McapReaderOptions options, List<McapSegment> segments, CancellationToken cancellationToken)
    {
        // Contradictions of definitions are reported by reading.
        var unreported = new McapLosses(1);
        using var window = new SourceWindow(source, from, to, to - from > BareBytes ? options.ReadBytes : GapReadBytes);
        McapSegment? bare = null;
        while (window.Remaining > 0)
        {
            if (!await window.EnsureAsync(McapRecordLexer.PrefixBytes, cancellationToken).ConfigureAwait(false)) return false;
            McapRecordLexer.TryReadPrefix(window.Span, out var opcode, out ulong length);
            if (opcode == McapOpcode.Invalid || length > (ulong)(window.Remaining - McapRecordLexer.PrefixBytes)) return false;
            long total = McapRecordLexer.PrefixBytes + (long)length, offset = window.Position;
            int wanted = opcode switch
            {
                McapOpcode.Message => (int)Math.Min(total, McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes),
                McapOpcode.Chunk => (int)Math.Min(total, McapRecordLexer.PrefixBytes + ChunkHeadBytes),
                McapOpcode.Schema or McapOpcode.Channel => (int)Math.Min(total, options.MaxRecordBytes),
                _ => McapRecordLexer.PrefixBytes,
            };
            if (!await window.EnsureAsync(wanted, cancellationToken).ConfigureAwait(false)) return false;
            var content = window.Span[McapRecordLexer.PrefixBytes..wanted];
            switch (opcode)
            {
                case McapOpcode.Schema:
                    definitions.AddSchema(content, offset, unreported);
                    break;
                case McapOpcode.Channel:
                    definitions.AddChannel(content, offset, unreported);
                    break;
                case McapOpcode.Message:
                    if (length > (ulong)options.MaxRecordBytes || !McapMessageRecord.TryParse(content, out var message)) return false;
                    bool goesOn = bare is not null && bare.Offset + bare.Length == offset && bare.Length < BareBytes;
                    bare = goesOn
                        ? bare! with { Length = bare.Length + total, StartTimeNs = Math.Min(bare.StartTimeNs, message.LogTime), EndTimeNs = Math.Max(bare.EndTimeNs, message.LogTime) }
                        : new McapSegment(offset, total, false, message.LogTime, message.LogTime, 0);
                    bare = bare with { Cost = 2 * bare.Length, NextTimeNs = bare.StartTimeNs };
                    if (goesOn) segments[^1] = bare;
                    else segments.Add(bare);
                    break;
                case McapOpcode.Chunk:
                    if (length > (ulong)options.MaxRecordBytes || !McapChunkRecord.TryParse(content, out var chunk)) return false;
                    long cost = McapChunk.CostOf((long)Math.Min(chunk.UncompressedSize, long.MaxValue), total, chunk.Compression.Length > 0, options);
                    segments.Add(new McapSegment(offset, total, true, chunk.MessageStartTime, chunk.MessageEndTime, cost));
                    break;
            }

            window.Seek(offset + total);
        }

        return true;
    }
}
