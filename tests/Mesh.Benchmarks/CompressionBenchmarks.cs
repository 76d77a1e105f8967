using BenchmarkDotNet.Attributes;
using Mesh.Columnar.Compression;
using Mesh.Formats.Mcap;

namespace Mesh.Benchmarks;

/// <summary>The libraries alone, on the same bytes cut into the chunk size of the MCAP benchmarks: what reading and writing can at best reach.</summary>
public class CompressionBenchmarks
{
    private const int ChunkBytes = 768 << 10;
    private readonly List<byte[]> chunks = [];
    private readonly List<byte[]> lz4 = [];
    private readonly List<byte[]> zstd = [];
    private byte[] buffer = [];

    // BenchmarkDotNet awaits benchmarks in its own process, but not their setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [Benchmark]
    public void Lz4Compress() => chunks.ForEach(chunk => Lz4.CompressFrame(chunk, buffer));

    [Benchmark]
    public void Lz4Decompress() => lz4.ForEach(chunk => Lz4.TryDecompressFrame(chunk, buffer, out _));

    [Benchmark]
    public void ZstdCompress() => chunks.ForEach(chunk => Zstd.Compress(chunk, buffer));

    [Benchmark]
    public void ZstdDecompress() => zstd.ForEach(chunk => Zstd.TryDecompress(chunk, buffer, out _));

    private async Task SetupAsync()
    {
        byte[] file = await SampleDrive.WriteAsync(McapCompression.None, seconds: 600);
        chunks.AddRange(file.Chunk(ChunkBytes));
        buffer = new byte[Math.Max(Zstd.MaxCompressedLength(ChunkBytes), Lz4.MaxFrameLength(ChunkBytes))];
        lz4.AddRange(chunks.Select(chunk => buffer.AsSpan(0, Lz4.CompressFrame(chunk, buffer)).ToArray()));
        zstd.AddRange(chunks.Select(chunk => buffer.AsSpan(0, Zstd.Compress(chunk, buffer)).ToArray()));
        PayloadBytes.Set(typeof(CompressionBenchmarks), file.Length);
    }
}
