using System.Globalization;
using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mcap;

/// <summary>Takes chunks apart: checks, decompresses, and lists their messages. Reuses one buffer for the decompressed records.</summary>
internal sealed class McapChunkReader(McapReaderOptions options, McapDefinitions definitions, McapLosses losses) : IDisposable
{
    public enum Outcome
    {
        /// <summary>Messages are in the run, losses reported.</summary>
        Done,
        /// <summary>The content is not a chunk's; nothing was reported.</summary>
        NotAChunk,
        /// <summary>Something refers to a definition that the summary may have; nothing was reported.</summary>
        NeedsSummary,
    }

    // Upper bounds on what a byte can expand to: an LZ4 match length byte adds 255; a Zstandard RLE block of 4 bytes holds 128 KiB.
    private const long MaxLz4Expansion = 255;
    private const long MaxZstdExpansion = (128 << 10) / 4;

    private readonly McapRecordLexer lexer = new(options);
    private byte[] decompressed = [];

    /// <summary>The records that <see cref="MessageRef.Offset"/> counts in after <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Records { get; private set; }

    public Outcome Read(ReadOnlyMemory<byte> content, long fileOffset, McapMessageRun run)
    {
        if (!McapChunkRecord.TryParse(content.Span, out var chunk)
            || chunk.RecordsLength > (ulong)(content.Length - chunk.RecordsOffset))
        {
            return Outcome.NotAChunk;
        }

        var stored = content.Slice(chunk.RecordsOffset, (int)chunk.RecordsLength);
        return TryDecompress(chunk, stored, fileOffset) && IsIntact(chunk, stored.Length, fileOffset)
            ? ListMessages(fileOffset, isWhole: true, run)
            : Outcome.Done;
    }

    /// <summary>Takes what is there of an uncompressed chunk whose end is missing.</summary>
    public Outcome ReadBeginning(ReadOnlyMemory<byte> records, long fileOffset, McapMessageRun run)
    {
        Records = records;
        return ListMessages(fileOffset, isWhole: false, run);
    }

    public void Dispose()
    {
        SourceWindow.Release(decompressed);
        decompressed = [];
        Records = default;
    }

    private bool TryDecompress(in McapChunkRecord chunk, ReadOnlyMemory<byte> stored, long fileOffset)
    {
        if (chunk.Compression.Length == 0)
        {
            Records = stored;
            return true;
        }

        bool isLz4 = chunk.Compression == "lz4";
        if (!isLz4 && chunk.Compression != "zstd")
        {
            string name = chunk.Compression.Length <= 32 ? chunk.Compression : chunk.Compression[..32] + "…";
            losses.Add(McapLosses.UnknownCompression, fileOffset, stored.Length, "a chunk compressed with lz4, zstd or not at all", $"'{name}'");
            return false;
        }

        long reachable = stored.Length * (isLz4 ? MaxLz4Expansion : MaxZstdExpansion);
        if (chunk.UncompressedSize > (ulong)Math.Min(options.MaxChunkBytes, reachable))
        {
            losses.Add(McapLosses.ChunkTooLarge, fileOffset, stored.Length,
                string.Create(CultureInfo.InvariantCulture, $"a chunk of at most {options.MaxChunkBytes:N0} bytes that its compression can hold"),
                string.Create(CultureInfo.InvariantCulture, $"a claim of {chunk.UncompressedSize:N0} from {stored.Length:N0}"));
            return false;
        }

        int size = (int)chunk.UncompressedSize;
        if (decompressed.Length < size)
        {
            SourceWindow.Release(decompressed);
            decompressed = SourceWindow.Rent(size);
        }

        var target = decompressed.AsSpan(0, size);
        int written = 0;
        bool sound = size == 0
            || (isLz4 ? Lz4.TryDecompressFrame(stored.Span, target, out written) : Zstd.TryDecompress(stored.Span, target, out written));
        if (!sound || written != size)
        {
            losses.Add(McapLosses.ChunkDecompression, fileOffset, stored.Length,
                string.Create(CultureInfo.InvariantCulture, $"{chunk.Compression} data of {size:N0} bytes"),
                sound ? string.Create(CultureInfo.InvariantCulture, $"{written:N0} bytes") : "damaged or longer data");
            return false;
        }

        Records = decompressed.AsMemory(0, size);
        return true;
    }

    private bool IsIntact(in McapChunkRecord chunk, int storedBytes, long fileOffset)
    {
        // 0 says that the writer computed none.
        if (!options.CheckCrc || chunk.UncompressedCrc == 0) return true;
        uint actual = Crc32.Compute(Records.Span);
        if (actual == chunk.UncompressedCrc) return true;

        // Which of the messages is wrong cannot be told, so none is delivered: better missing than false.
        losses.Add(McapLosses.ChunkCrc, fileOffset, storedBytes,
            string.Create(CultureInfo.InvariantCulture, $"CRC-32 {chunk.UncompressedCrc:x8} of the chunk's records"),
            string.Create(CultureInfo.InvariantCulture, $"{actual:x8}"));
        return false;
    }

    private Outcome ListMessages(long fileOffset, bool isWhole, McapMessageRun run)
    {
        var records = Records.Span;
        int position = 0;
        while (position < records.Length)
        {
            var result = lexer.TryRead(records[position..], out var record, out int consumed);
            if (result != McapLexResult.Record)
            {
                losses.Add(isWhole ? McapLosses.MalformedRecord : McapLosses.Truncated, fileOffset, records.Length - position,
                    string.Create(CultureInfo.InvariantCulture, $"a record at byte {position:N0} of the chunk"),
                    isWhole ? "a length beyond the chunk's end or opcode 0" : "the end of the file");
                break;
            }

            switch (record.Opcode)
            {
                case McapOpcode.Message when McapMessageRecord.TryParse(record.Content, out var message):
                    int channel = definitions.IndexOf(message.ChannelId);
                    if (channel >= 0)
                    {
                        run.Add(new MessageRef(channel, message.Sequence, message.LogTime, message.PublishTime,
                            position + McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes,
                            record.Content.Length - McapMessageRecord.HeaderBytes, fileOffset));
                        break;
                    }

                    if (!definitions.SummaryConsulted) return Outcome.NeedsSummary;
                    run.AddUndefined(message.ChannelId, consumed);
                    break;
                case McapOpcode.Schema:
                    definitions.AddSchema(record.Content, fileOffset, losses);
                    break;
                case McapOpcode.Channel:
                    if (!definitions.AddChannel(record.Content, fileOffset, losses)) return Outcome.NeedsSummary;
                    break;
                case McapOpcode.Message:
                case McapOpcode.Chunk:
                    losses.Add(McapLosses.MalformedRecord, fileOffset, consumed, "a schema, channel or message within a chunk",
                        record.Opcode == McapOpcode.Chunk ? "a chunk within a chunk" : "a message shorter than its fields");
                    break;
            }

            position += consumed;
        }

        run.ReportUndefined(losses, fileOffset);
        return Outcome.Done;
    }
}
