using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Bus.Blf;

/// <summary>A piece of the object stream of a BLF file: a log container, or objects that lie in the file uncompressed.</summary>
internal sealed class BlfContainer(byte[] input, int inputStart, int inputLength, long fileOffset, int method, long claimedBytes, bool isTruncated)
{
    private const int NoCompression = 0;
    private const int Zlib = 2;

    // No deflate stream grows further than this.
    private const long MaxRatio = 1032;
    private byte[] output = [];
    private int outputLength;

    public long FileOffset => fileOffset;

    public int InputLength => inputLength;

    /// <summary>Damage between this and the container before it.</summary>
    public List<Mesh.Model.DataLoss> LossesBefore { get; } = [];

    /// <summary>What is wrong with the container; null when it is sound.</summary>
    public string? Problem { get; private set; }

    public bool IsTooLarge { get; private set; }

    public bool IsTruncated => isTruncated;

    public long ClaimedBytes => claimedBytes;

    public long Cost => inputLength + OutputBytes;

    public ReadOnlySpan<byte> Output => method == NoCompression ? input.AsSpan(inputStart, inputLength) : output.AsSpan(0, outputLength);

    private long OutputBytes => method == Zlib ? Math.Min(claimedBytes, (inputLength * MaxRatio) + 64) : 0;

    public void Decompress(RecordingReaderOptions options)
    {
        if (method == NoCompression) return;
        if (method != Zlib)
        {
            Problem = $"compression method {method}";
            return;
        }

        if (OutputBytes > options.MaxBlockBytes)
        {
            IsTooLarge = true;
            return;
        }

        var source = input.AsSpan(inputStart, inputLength);
        output = SourceWindow.Rent((int)Math.Max(1, OutputBytes));
        var destination = output.AsSpan(0, (int)OutputBytes);
        if (!isTruncated && Deflate.TryDecompress(source, destination, out outputLength)) return;
        outputLength = Deflate.DecompressPrefix(source, destination);
        Problem = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a damaged one, of which {outputLength:N0} bytes come out");

        // Damage shows late: what was decompressed until then may be false, and the checksum over it all cannot be taken.
        if (!isTruncated && options is { CheckCrc: true, DeliverUnchecked: false }) outputLength = 0;
    }

    public void Release()
    {
        SourceWindow.Release(output);
        SourceWindow.Release(input);
        output = [];
    }
}
