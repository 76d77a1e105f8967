using Mesh.Columnar.Compression;

namespace Mesh.Formats.Mcap;

/// <summary>A chunk being put together, then compressed; reused.</summary>
internal sealed class McapChunkJob : IDisposable
{
    private readonly McapRecordBuffer compressed = new();
    private MessageIndex?[] indexes = [];
    private bool isStored;

    public McapRecordBuffer Records { get; } = new();

    public ulong StartTime { get; set; } = ulong.MaxValue;

    public ulong EndTime { get; set; }

    public uint Crc { get; private set; }

    /// <summary>Name of the compression; empty where it did not pay.</summary>
    public string Compression { get; private set; } = "";

    /// <summary>The records as they go into the file.</summary>
    public ReadOnlySpan<byte> Stored => isStored ? Records.Span : compressed.Span;

    /// <summary>Message indexes by channel id; null or empty for channels without messages.</summary>
    public ReadOnlySpan<MessageIndex?> Indexes => indexes;

    /// <summary>The message index of a channel.</summary>
    public MessageIndex IndexOf(ushort channel)
    {
        if (channel >= indexes.Length) Array.Resize(ref indexes, Math.Min(ushort.MaxValue + 1, Math.Max(channel + 1, indexes.Length * 2)));
        return indexes[channel] ??= new MessageIndex();
    }

    /// <summary>Checksum and compression; what does not shrink is stored as it is.</summary>
    public void Compress(McapWriterOptions options)
    {
        Crc = options.WriteCrc ? Crc32.Compute(Records.Span) : 0;
        compressed.Clear();
        Compression = options.Compression switch { McapCompression.Lz4 => "lz4", McapCompression.Zstd => "zstd", _ => "" };
        isStored = true;
        if (options.Compression == McapCompression.None) return;
        int length = Records.Length;
        int written = options.Compression == McapCompression.Lz4
            ? Lz4.CompressFrame(Records.Span, compressed.Reserve(Lz4.MaxFrameLength(length)))
            : Zstd.Compress(Records.Span, compressed.Reserve(Zstd.MaxCompressedLength(length)), options.CompressionLevel);
        isStored = written >= length;
        if (isStored) Compression = "";
        else compressed.Advance(written);
    }

    public void Clear()
    {
        Records.Clear();
        StartTime = ulong.MaxValue;
        EndTime = 0;
        foreach (var index in indexes) index?.Clear();
    }

    public void Dispose()
    {
        Records.Dispose();
        compressed.Dispose();
    }

    /// <summary>Log times and places of a channel's messages.</summary>
    internal sealed class MessageIndex
    {
        private (ulong LogTime, ulong Offset)[] entries = [];
        private int count;

        public ReadOnlySpan<(ulong LogTime, ulong Offset)> Entries => entries.AsSpan(0, count);

        public void Add(ulong logTime, ulong offset)
        {
            if (count == entries.Length) Array.Resize(ref entries, Math.Max(16, count * 2));
            entries[count++] = (logTime, offset);
        }

        public void Clear() => count = 0;
    }
}
