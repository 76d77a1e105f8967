using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// One chunk on its way to the reader. <see cref="Unpack"/> does what needs no knowledge of the rest of the recording (decompress, check, list
/// the messages) and may run on any thread; <see cref="TryResolve"/> then binds the messages to channels, chunk after chunk in file order.
/// Reused from chunk to chunk.
/// </summary>
internal sealed class McapChunk(McapReaderOptions options) : IDisposable
{
    // Upper bounds on what a byte can expand to: an LZ4 match length byte adds 255; a Zstandard RLE block of 4 bytes holds 128 KiB.
    private const long MaxLz4Expansion = 255;
    private const long MaxZstdExpansion = (128 << 10) / 4;

    private readonly McapMessageRun run = new();
    private readonly List<DataLoss> found = [];
    private readonly List<Other> others = [];
    private readonly BlockBuffer content = new();
    private int contentLength;
    private readonly BlockBuffer decompressed = new();
    private bool isCut;
    private bool isBare;
    private int resolved;
    private int resolvedOthers;
    private int kept;

    /// <summary>Byte position of the chunk record.</summary>
    public long FileOffset { get; private set; }

    /// <summary>The chunk's fields.</summary>
    public McapChunkRecord Header { get; private set; }

    /// <summary>The records that <see cref="MessageRef.Offset"/> counts in.</summary>
    public ReadOnlyMemory<byte> Records { get; private set; }

    /// <summary>The messages; bound to channels after <see cref="TryResolve"/>.</summary>
    public McapMessageRun Run => run;

    /// <summary>Whether unpacking found nothing wrong.</summary>
    public bool IsSound => found.Count == 0;

    /// <summary>Bytes this holds once unpacked, the list of messages included.</summary>
    public long Cost => CostOf((long)Header.UncompressedSize, contentLength, Header.Compression.Length > 0, options);

    /// <summary>Starts over with another chunk.</summary>
    /// <param name="fileOffset">Byte position of the chunk record.</param>
    /// <param name="length">Bytes of its content, without opcode and length.</param>
    /// <param name="cut">Whether the file ends before the content does.</param>
    /// <returns>Where the content goes.</returns>
    public Memory<byte> Reserve(long fileOffset, int length, bool cut = false)
    {
        FileOffset = fileOffset;
        isCut = cut;
        isBare = false;
        var target = content.Reserve(length);
        contentLength = length;
        Records = default;
        run.Clear();
        found.Clear();
        others.Clear();
        resolved = resolvedOthers = kept = 0;
        return target;
    }

    /// <summary>Starts over with records outside chunks, which are then treated like those of a chunk that is not compressed.</summary>
    public Memory<byte> ReserveBare(long fileOffset, int length)
    {
        var target = Reserve(fileOffset, length);
        isBare = true;
        Header = new McapChunkRecord(0, ulong.MaxValue, (ulong)length, 0, "", (ulong)length, 0);
        return target;
    }

    /// <summary>Where this lies in the file, and when.</summary>
    public McapSegment ToSegment()
    {
        ulong start = ulong.MaxValue, end = 0;
        foreach (ref readonly var message in run.Messages)
        {
            start = Math.Min(start, message.LogTimeNs);
            end = Math.Max(end, message.LogTimeNs);
        }

        return new McapSegment(FileOffset, McapRecordLexer.PrefixBytes + contentLength, true, start, end, Cost) { IsCut = isCut };
    }

    /// <summary>Takes the content's fields; false when they reach beyond its end, unless that is what the cut did.</summary>
    public bool TryParse()
    {
        if (!McapChunkRecord.TryParse(content.Memory.Span[..contentLength], out var header)) return false;
        Header = header;
        return isCut || header.RecordsLength <= (ulong)(contentLength - header.RecordsOffset);
    }

    /// <summary>Decompresses, checks and lists the messages by channel id. Damage is remembered for <see cref="TryResolve"/>.</summary>
    public void Unpack()
    {
        int length = (int)Math.Min(Header.RecordsLength, (ulong)(contentLength - Header.RecordsOffset));
        var stored = content.Memory.Slice(Header.RecordsOffset, length);
        if (Header.Compression.Length == 0)
        {
            Records = stored;
            if (isCut || IsIntact(length)) List(isWhole: !isCut, isDamaged: false, "");
            return;
        }

        if (!TryPrepare(stored.Length, out bool isLz4)) return;
        int size = (int)Header.UncompressedSize;
        var target = decompressed.Memory.Span[..size];
        int written = 0;
        bool sound = !isCut
            && (size == 0 || (isLz4 ? Lz4.TryDecompressFrame(stored.Span, target, out written) : Zstd.TryDecompress(stored.Span, target, out written)));
        if (sound && written == size)
        {
            Records = decompressed.Memory[..size];
            content.ReleaseLarge();
            if (IsIntact(stored.Length)) List(isWhole: true, isDamaged: false, "");
            return;
        }

        string what = sound ? string.Create(CultureInfo.InvariantCulture, $"{written:N0} bytes") : isCut ? "the end of the file" : "damaged or longer data";
        if (!sound) written = isLz4 ? Lz4.DecompressFramePrefix(stored.Span, target) : Zstd.DecompressPrefix(stored.Span, target);
        Records = decompressed.Memory[..written];

        // Damage seldom shows where it is: what was decompressed before it showed may be wrong as well, and the checksum over it all cannot be taken.
        bool isUnchecked = !isCut && Header.UncompressedCrc != 0 && options is { CheckCrc: true, DeliverUnchecked: false };
        if (written > 0 && !isUnchecked) List(isWhole: false, isDamaged: !isCut, what);
        else LoseAll(stored.Length, what);
    }

    /// <summary>Binds the messages to channels, in file order over the recording; definitions within the chunk are taken in on the way.</summary>
    /// <returns>False when something refers to a definition that the summary may have: ask it and come again.</returns>
    public bool TryResolve(McapDefinitions definitions, McapLosses losses)
    {
        foreach (var loss in found) losses.Add(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);
        found.Clear();
        var messages = run.Messages;
        for (; ; resolvedOthers++)
        {
            int until = resolvedOthers < others.Count ? others[resolvedOthers].MessagesBefore : messages.Length;
            for (; resolved < until; resolved++)
            {
                ref var message = ref messages[resolved];
                int channel = definitions.IndexOf((ushort)message.ChannelIndex);
                if (channel < 0)
                {
                    if (!definitions.SummaryConsulted) return false;
                    run.AddUndefined((ushort)message.ChannelIndex, message.Length + McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes);
                    continue;
                }

                messages[kept++] = message with { ChannelIndex = channel };
            }

            if (resolvedOthers == others.Count) break;
            if (!TryTake(others[resolvedOthers], definitions, losses)) return false;
        }

        run.Truncate(kept);
        run.ReportUndefined(losses, FileOffset);
        return true;
    }

    /// <summary>Gives back memory that is too large to be kept for the next chunk; what was listed must not be read any more.</summary>
    public void ReleaseLarge()
    {
        content.ReleaseLarge();
        decompressed.ReleaseLarge();
    }

    public void Dispose()
    {
        content.Dispose();
        decompressed.Dispose();
        Records = default;
    }

    /// <summary>As <see cref="Cost"/>, for a chunk that is still to be read.</summary>
    public static long CostOf(long uncompressedSize, long storedLength, bool isCompressed, McapReaderOptions options)
    {
        // A message's entry in the list is about as long as the shortest message record.
        long records = isCompressed ? Math.Clamp(uncompressedSize, 0, options.MaxChunkBytes) : storedLength;
        return storedLength + (isCompressed ? 2 * records : records);
    }

    /// <summary>Whether a chunk's compression is a well-known one.</summary>
    public static bool IsKnown(string compression) => compression is "lz4" or "zstd";

    /// <summary>Bytes that so many compressed ones can hold at most.</summary>
    public static long Reachable(string compression, long storedBytes) => storedBytes * (compression == "lz4" ? MaxLz4Expansion : MaxZstdExpansion);

    private bool TryPrepare(int storedBytes, out bool isLz4)
    {
        isLz4 = Header.Compression == "lz4";
        if (!IsKnown(Header.Compression))
        {
            string name = Header.Compression.Length <= 32 ? Header.Compression : Header.Compression[..32] + "…";
            Lose(McapLosses.UnknownCompression, storedBytes, "a chunk compressed with lz4, zstd or not at all", $"'{name}'");
            return false;
        }

        // The whole chunk's length where this one is cut: that it is not there does not make its promise a bomb.
        long length = isCut ? (long)Math.Min(Header.RecordsLength, int.MaxValue) : storedBytes;
        long reachable = Reachable(Header.Compression, length);
        if (Header.UncompressedSize > (ulong)Math.Min(options.MaxChunkBytes, reachable))
        {
            Lose(McapLosses.ChunkTooLarge, storedBytes,
                string.Create(CultureInfo.InvariantCulture, $"a chunk of at most {options.MaxChunkBytes:N0} bytes that its compression can hold"),
                string.Create(CultureInfo.InvariantCulture, $"a claim of {Header.UncompressedSize:N0} from {storedBytes:N0}"));
            return false;
        }

        int size = (int)Header.UncompressedSize;
        decompressed.Reserve(size);
        return true;
    }

    private bool IsIntact(int storedBytes)
    {
        // 0 says that the writer computed none.
        if (!options.CheckCrc || Header.UncompressedCrc == 0) return true;
        uint actual = Crc32.Compute(Records.Span);
        if (actual == Header.UncompressedCrc) return true;

        // Which of the messages is wrong cannot be told, so none is delivered unless asked for: better missing than false.
        Lose(McapLosses.ChunkCrc, options.DeliverUnchecked ? 0 : storedBytes,
            string.Create(CultureInfo.InvariantCulture, $"CRC-32 {Header.UncompressedCrc:x8} of the chunk's records"),
            string.Create(CultureInfo.InvariantCulture, $"{actual:x8}{(options.DeliverUnchecked ? "; delivered unchecked, as asked" : "")}"));
        return options.DeliverUnchecked;
    }

    /// <summary>Lists the messages in <see cref="Records"/>, and what else a chunk may hold, for <see cref="TryResolve"/>.</summary>
    private void List(bool isWhole, bool isDamaged, string what)
    {
        var records = Records.Span;
        ref byte first = ref MemoryMarshal.GetReference(records);
        int at = 0, lastMessage = 0;
        while (records.Length - at >= McapRecordLexer.PrefixBytes)
        {
            var opcode = (McapOpcode)Unsafe.Add(ref first, at);
            ulong length = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, at + 1));
            if (!BitConverter.IsLittleEndian) length = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(length);
            if (opcode == McapOpcode.Invalid || length > (ulong)(records.Length - at - McapRecordLexer.PrefixBytes) || length > (ulong)options.MaxRecordBytes) break;
            var record = records.Slice(at + McapRecordLexer.PrefixBytes, (int)length);
            if (opcode == McapOpcode.Message && McapMessageRecord.TryParse(record, out var message))
            {
                // Behind damage that decompression did not notice, what looks like a message need not be one.
                if (isDamaged && (message.LogTime < Header.MessageStartTime || message.LogTime > Header.MessageEndTime)) break;
                lastMessage = at;
                run.Next() = new MessageRef(message.ChannelId, message.Sequence, message.LogTime, message.PublishTime,
                    at + McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes, record.Length - McapMessageRecord.HeaderBytes, isBare ? FileOffset + at : FileOffset);
            }
            else if (opcode is McapOpcode.Schema or McapOpcode.Channel or McapOpcode.Message or McapOpcode.Chunk)
            {
                others.Add(new Other(run.Count, opcode, at + McapRecordLexer.PrefixBytes, record.Length));
            }

            at += McapRecordLexer.PrefixBytes + record.Length;
        }

        if (isDamaged && run.Count > 0)
        {
            // Damage shows at the record behind it: the last whole message may hold the wrong bytes.
            run.Truncate(run.Count - 1);
            while (others.Count > 0 && others[^1].At > lastMessage) others.RemoveAt(others.Count - 1);
            at = lastMessage;
        }

        ReportRest(isWhole, at, what);
    }

    private void ReportRest(bool isWhole, int at, string what)
    {
        bool isStored = Header.Compression.Length == 0;
        long offset = isStored ? FileOffset + McapRecordLexer.PrefixBytes + Header.RecordsOffset + at : FileOffset;
        if (isWhole)
        {
            if (at == Records.Length) return;
            Lose(McapLosses.MalformedRecord, Records.Length - at, string.Create(CultureInfo.InvariantCulture, $"a record at byte {at:N0} of the chunk"),
                "a length beyond the chunk's end or opcode 0", offset);
        }
        else if (isStored)
        {
            Lose(McapLosses.Truncated, Records.Length - at, string.Create(CultureInfo.InvariantCulture, $"a record at byte {at:N0} of the chunk"), "the end of the file", offset);
        }
        else
        {
            Lose(isCut ? McapLosses.Truncated : McapLosses.ChunkDecompression, (long)Header.UncompressedSize - at,
                string.Create(CultureInfo.InvariantCulture, $"{Header.UncompressedSize:N0} bytes of records in {Header.Compression} data"),
                string.Create(CultureInfo.InvariantCulture, $"{what} after {at:N0} bytes of whole records"), offset);
        }
    }

    private void LoseAll(int storedBytes, string what)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"{Header.Compression} data of {Header.UncompressedSize:N0} bytes");
        Lose(isCut ? McapLosses.Truncated : McapLosses.ChunkDecompression, isCut ? McapRecordLexer.PrefixBytes + contentLength : storedBytes, expected, what);
    }

    private void Lose(string code, long bytes, string expected, string what, long? offset = null) =>
        found.Add(new DataLoss(code, offset ?? FileOffset, bytes, expected, what));

    private bool TryTake(in Other other, McapDefinitions definitions, McapLosses losses)
    {
        var record = Records.Span.Slice(other.At, other.Length);
        switch (other.Opcode)
        {
            case McapOpcode.Schema:
                definitions.AddSchema(record, FileOffset, losses);
                return true;
            case McapOpcode.Channel:
                return definitions.AddChannel(record, FileOffset, losses);
            default:
                losses.Add(McapLosses.MalformedRecord, FileOffset, McapRecordLexer.PrefixBytes + other.Length, "a schema, channel or message within a chunk",
                    other.Opcode == McapOpcode.Chunk ? "a chunk within a chunk" : "a message shorter than its fields");
                return true;
        }
    }

    /// <summary>A record within the chunk that is no sound message, and how many messages come before it.</summary>
    private readonly record struct Other(int MessagesBefore, McapOpcode Opcode, int At, int Length);
}
