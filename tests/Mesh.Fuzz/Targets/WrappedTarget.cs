using System.IO.Compression;
using Mesh.Columnar.Compression;

namespace Mesh.Fuzz.Targets;

/// <summary>Recordings compressed as a whole, damaged before or after it; and bombs.</summary>
public sealed class WrappedTarget : RecordingTarget
{
    private const int MaxInnerBytes = 60_000;
    private const int BombBytes = 40 << 20;

    private readonly List<FuzzSample> plain = [];

    /// <inheritdoc/>
    public override string Name => "wrapped";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        plain.AddRange(Corpus.Find(MaxInnerBytes, ".mcap", ".bag", ".db3", ".mf4", ".mdf", ".blf", ".asc", ".trc").Where((_, index) => index % 6 == 0));
        plain.AddRange([GeneratedSamples.Asc(), GeneratedSamples.Blf(500, true), GeneratedSamples.Mdf3(330, false), await GeneratedSamples.Ros1BagAsync(Formats.RosBag.Ros1BagCompression.Lz4)]);
        List<FuzzSample> samples = [.. Corpus.Find(".zstd")];
        for (int i = 0; i < plain.Count; i++) samples.Add(Wrap(plain[i], i % 4));
        for (int kind = 0; kind < 4; kind++) samples.Add(Wrap(new FuzzSample("bomb", [.. plain[0].Bytes, .. new byte[BombBytes]]), kind));
        return samples;
    }

    /// <inheritdoc/>
    public override ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        if (random.Next(2) == 0) return base.MutateAsync(samples, random, cancellationToken);
        var inner = Mutator.Pick(plain, random);
        return new(Wrap(inner with { Bytes = Mutator.Mutate(inner.Bytes, Mutator.Pick(plain, random).Bytes, random) }, random.Next(4)));
    }

    private static FuzzSample Wrap(FuzzSample sample, int kind)
    {
        byte[] bytes = sample.Bytes;
        byte[] room = new byte[Math.Max(Math.Max(Zstd.MaxCompressedLength(bytes.Length), Lz4.MaxFrameLength(bytes.Length)), Bzip2.MaxCompressedLength(bytes.Length))];
        switch (kind)
        {
            case 0: return new FuzzSample(sample.Name + ".zstd", room[..Zstd.Compress(bytes, room)]);
            case 1: return new FuzzSample(sample.Name + ".lz4", room[..Lz4.CompressFrame(bytes, room)]);
            case 2: return new FuzzSample(sample.Name + ".bz2", room[..Bzip2.Compress(bytes, room)]);
            default:
                using (var stream = new MemoryStream())
                {
                    using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
                    return new FuzzSample(sample.Name + ".gz", stream.ToArray());
                }
        }
    }
}
