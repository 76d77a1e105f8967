using Mesh.Formats.Bus;
using Mesh.Formats.Mcap;

namespace Mesh.Formats;

/// <summary>How a recording is read, whatever its format, and the limits that keep a hostile one from taking the process down.</summary>
public sealed record RecordingReaderOptions
{
    /// <summary>What is wanted (default: everything).</summary>
    public RecordingQuery Query { get; init; } = RecordingQuery.All;

    /// <summary>Order of the messages (default: that of the file). Formats other than MCAP always read in the order of the file.</summary>
    public RecordingOrder Order { get; init; } = RecordingOrder.File;

    /// <summary>Files beside the recording: a write-ahead log, <c>metadata.yaml</c>, attachments (default: null, none can be reached).</summary>
    public IRecordingFolder? Folder { get; init; }

    /// <summary>Whether bus-logging groups of MDF files are given as typed frames (default: true), as BLF, ASC and TRC are; else as records.</summary>
    public bool BusFrames { get; init; } = true;

    /// <summary>Databases that turn frames into one channel per message, with physical signals (default: none; frames stay frames).</summary>
    public IReadOnlyList<BusDatabaseBinding> Databases { get; init; } = [];

    /// <summary>Threads that decompress blocks ahead (default: one per core). Order does not depend on it.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Bytes of decompressed blocks held ahead of the caller (default: 64 MiB). A block larger than that passes alone.</summary>
    public long MaxBufferedBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Asked before a block that takes more than <see cref="MaxBufferedBytes"/> is held, with the bytes it takes; reading waits for the answer, which
    /// is disposed when the block has been given back (default: null, nobody is asked). For programs that read many recordings at a time. MCAP only.
    /// </summary>
    public Func<long, CancellationToken, ValueTask<IDisposable>>? AdmitLargeBlock { get; init; }

    /// <summary>
    /// Bytes of a message above which it is listed without its payload, which is then never held: <see cref="MessageRef.IsHeld"/> is false (default: none
    /// are). With it, chunks that are too large to be held are read piece by piece instead of being reported as loss. MCAP read forward only.
    /// </summary>
    public long ListAboveBytes { get; init; } = long.MaxValue;

    /// <summary>Largest message, in bytes (default: 1 GiB, at most 2 000 000 000). A longer one is reported as loss and skipped.</summary>
    public long MaxMessageBytes { get; init; } = 1L << 30;

    /// <summary>Largest compressed block after decompression, in bytes (default: 256 MiB). One that claims more is reported as loss and skipped.</summary>
    public long MaxBlockBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Definitions of an MDF file held at a time, in bytes as stored (default: 256 MiB): groups, channels, conversions, texts. What goes beyond is
    /// reported as loss and left out.
    /// </summary>
    public long MaxDefinitionBytes { get; init; } = 256L << 20;

    /// <summary>Places of damage reported one by one (default: 1000); the rest is added up in one last entry.</summary>
    public int MaxLosses { get; init; } = 1000;

    /// <summary>Whether checksums are checked where the format has them (default: true).</summary>
    public bool CheckCrc { get; init; } = true;

    /// <summary>
    /// Whether what a wrong checksum covers is delivered all the same, where the format lets that be chosen (default: false); it is reported
    /// either way. For salvage.
    /// </summary>
    public bool DeliverUnchecked { get; init; }

    /// <summary>Folder for temporary files: spooled input, sorted runs (default: the system's).</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();

    /// <summary>Largest content of a file that is compressed as a whole, in bytes (default: 256 GiB). A larger one is refused.</summary>
    public long MaxUnwrappedBytes { get; init; } = 256L << 30;

    /// <summary>Bytes that stay free on the disk of <see cref="SpillFolder"/> (default: 1 GiB); spooling that would take them fails.</summary>
    public long MinFreeSpillBytes { get; init; } = 1L << 30;

    /// <summary>The same limits in MCAP's terms.</summary>
    internal McapReaderOptions ToMcap() => new()
    {
        MaxRecordBytes = MaxMessageBytes, MaxChunkBytes = MaxBlockBytes, MaxLosses = MaxLosses, CheckCrc = CheckCrc,
        Parallelism = Parallelism, MaxBufferedBytes = MaxBufferedBytes, DeliverUnchecked = DeliverUnchecked,
        AdmitLargeBlock = AdmitLargeBlock, ListAboveBytes = ListAboveBytes,
    };
}
