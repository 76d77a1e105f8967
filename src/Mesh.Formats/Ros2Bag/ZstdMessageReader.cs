using System.Buffers.Binary;
using System.Globalization;
using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// Decompresses messages that rosbag2 compressed one by one (<c>compression_mode: MESSAGE</c>). Without metadata that says so, a payload of a
/// <c>cdr</c> channel that begins with Zstandard's magic number is one: the first byte of CDR's encapsulation header is 0.
/// </summary>
/// <param name="inner">The recording as stored.</param>
/// <param name="all">Whether every message must be compressed; one that is not is then damaged.</param>
/// <param name="options">Limits.</param>
internal sealed class ZstdMessageReader(RecordingReader inner, bool all, RecordingReaderOptions options) : RecordingReader
{
    public const string Damaged = "MESH10460";

    private const uint Magic = 0xFD2FB528;
    private const int BlockBytes = 4 << 20;

    // A run-length block of four bytes holds 128 KiB (RFC 8878, 3.1.1.2).
    private const long MaxExpansion = (128 << 10) / 4;

    private readonly MessageRun run = new();
    private readonly LossList losses = new(options.MaxLosses);
    private byte[] data = [];
    private int used;
    private MessageBlock? block;
    private int next;
    private (int Inner, int Own) counted = (-1, -1);
    private IReadOnlyList<DataLoss> combined = [];

    public override RecordingFormat Format => inner.Format;

    public override IReadOnlyList<RecordingChannel> Channels => inner.Channels;

    public override IReadOnlyList<DataLoss> Losses
    {
        get
        {
            if (losses.Entries.Count == 0) return inner.Losses;
            var now = (inner.Losses.Count, losses.Entries.Count);
            if (now == counted) return combined;
            counted = now;
            return combined = [.. inner.Losses.Concat(losses.Entries).OrderBy(loss => loss.Offset)];
        }
    }

    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (block is null)
            {
                if (await inner.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is not { } read) return null;
                if (!all && !HasCompressed(read)) return read;
                block = read;
                next = 0;
            }

            Decompress(block);
            if (run.Count > 0) return run.ToBlock(data.AsMemory(0, used));
        }
    }

    public override ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken) => inner.ReadSummaryAsync(cancellationToken);

    public override ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        inner.OpenAttachmentAsync(attachment, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        SourceWindow.Release(data);
        data = [];
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsFrame(ReadOnlySpan<byte> payload) => payload.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(payload) == Magic;

    private bool HasCompressed(MessageBlock read)
    {
        foreach (ref readonly var message in read.Messages.Span)
        {
            if (IsFrame(read[message]) && Channels[message.ChannelIndex].MessageEncoding == "cdr") return true;
        }

        return false;
    }

    /// <summary>Takes messages of the block until there is enough for one of our own.</summary>
    private void Decompress(MessageBlock read)
    {
        run.Clear();
        used = 0;
        var messages = read.Messages.Span;
        for (; next < messages.Length; next++)
        {
            ref readonly var message = ref messages[next];
            var payload = read[message];
            bool isCompressed = all ? payload.Length > 0 : IsFrame(payload) && Channels[message.ChannelIndex].MessageEncoding == "cdr";
            long limit = isCompressed ? Math.Min(options.MaxMessageBytes, payload.Length * MaxExpansion) : payload.Length;
            long claimed = isCompressed ? ContentSize(payload) ?? Math.Min(limit, Math.Max(payload.Length * 8L, 1 << 16)) : payload.Length;
            if (claimed > limit)
            {
                Report(message, string.Create(CultureInfo.InvariantCulture, $"a claim of {claimed:N0} bytes from {payload.Length:N0}"));
                continue;
            }

            if (used + claimed > data.Length)
            {
                if (run.Count > 0) return;
                Grow((int)claimed);
            }

            if (!isCompressed)
            {
                payload.CopyTo(data.AsSpan(used));
                Take(message, payload.Length);
                continue;
            }

            if (!TryDecompress(payload, limit, out int written))
            {
                if (run.Count > 0 && used > 0 && written < 0) return;
                Report(message, IsFrame(payload) ? "damaged or longer data" : "something else");
                continue;
            }

            Take(message, written);
        }

        block = null;
    }

    /// <param name="payload">The frame.</param>
    /// <param name="limit">Most bytes it may have.</param>
    /// <param name="written">Its length; -1 when it may fit an emptier block.</param>
    private bool TryDecompress(ReadOnlySpan<byte> payload, long limit, out int written)
    {
        if (Zstd.TryDecompress(payload, data.AsSpan(used), out written)) return true;
        written = -1;

        // A frame that does not tell its size may need more room; one that does has had it.
        if (!IsFrame(payload) || ContentSize(payload) is not null || used > 0) return false;
        while (data.Length < limit)
        {
            Grow((int)Math.Min(limit, data.Length * 4L));
            if (Zstd.TryDecompress(payload, data, out written)) return true;
        }

        return false;
    }

    private void Take(in MessageRef message, int length)
    {
        run.Add(message with { Offset = used, Length = length });
        used += length;
    }

    private void Grow(int needed)
    {
        SourceWindow.Release(data);
        data = SourceWindow.Rent(Math.Max(needed, BlockBytes));
    }

    private void Report(in MessageRef message, string found) =>
        losses.Add(Damaged, message.FileOffset, message.Length, string.Create(CultureInfo.InvariantCulture, $"a message compressed with zstd, of at most {options.MaxMessageBytes:N0} bytes"), found);

    /// <summary>Content size from the frame's header (RFC 8878, 3.1.1.1); null when it does not say, or is not a frame.</summary>
    private static long? ContentSize(ReadOnlySpan<byte> frame)
    {
        if (!IsFrame(frame) || frame.Length < 6) return null;
        int descriptor = frame[4];
        bool isSingleSegment = (descriptor & 0x20) != 0;
        int at = 5 + (isSingleSegment ? 0 : 1) + (int)((0x4210u >> ((descriptor & 3) * 4)) & 15);
        int size = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        if (size == 0 || frame.Length < at + size) return null;
        return size switch
        {
            1 => frame[at],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(frame[at..]) + 256L,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(frame[at..]),
            _ => (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(frame[at..]), long.MaxValue),
        };
    }
}
