using BenchmarkDotNet.Attributes;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Benchmarks;

/// <summary>
/// Reading with CRC check, payloads delivered as spans, nothing decoded. With <c>MESH_BENCHMARK_FILES</c> naming a folder, the files are left there for
/// <c>peers/mcap-core.mjs</c>.
/// </summary>
public class McapReadBenchmarks
{
    private byte[] file = [];

    [Params(McapCompression.None, McapCompression.Lz4, McapCompression.Zstd)]
    public McapCompression Compression { get; set; }

    [Params("drive", "bus")]
    public string Messages { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    // BenchmarkDotNet awaits benchmarks in its own process, but not their setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [Benchmark(Baseline = true)]
    public Task<long> FileOrderAsync() => ReadAsync(RecordingOrder.File);

    [Benchmark]
    public Task<long> LogTimeOrderAsync() => ReadAsync(RecordingOrder.LogTime);

    private async Task<long> ReadAsync(RecordingOrder order)
    {
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions { Order = order, Parallelism = Threads }, default);
        long bytes = 0;
        while (await reader.ReadBlockAsync(default) is { } block)
        {
            foreach (ref readonly var message in block.Messages.Span) bytes += message.Length;
        }

        return bytes;
    }

    private async Task SetupAsync()
    {
        file = Messages == "bus" ? await SampleBus.WriteAsync(Compression, seconds: 240) : await SampleDrive.WriteAsync(Compression, seconds: 600);
        PayloadBytes.Set(typeof(McapReadBenchmarks), await ReadAsync(RecordingOrder.File));
        if (Environment.GetEnvironmentVariable("MESH_BENCHMARK_FILES") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{Messages}-{Compression}.mcap".ToLowerInvariant()), file);
    }
}
