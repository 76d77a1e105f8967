using BenchmarkDotNet.Attributes;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Benchmarks;

/// <summary>Forward reading with CRC check, payloads delivered as spans, nothing decoded.</summary>
public class McapReadBenchmarks
{
    private byte[] file = [];

    [Params(McapCompression.None, McapCompression.Lz4, McapCompression.Zstd)]
    public McapCompression Compression { get; set; }

    // BenchmarkDotNet awaits benchmarks in its own process, but not their setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [Benchmark]
    public async Task<long> ReadAsync()
    {
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), default);
        long bytes = 0;
        while (await reader.ReadBlockAsync(default) is { } block)
        {
            foreach (ref readonly var message in block.Messages.Span) bytes += message.Length;
        }

        return bytes;
    }

    private async Task SetupAsync()
    {
        file = await SampleDrive.WriteAsync(Compression, seconds: 600);
        PayloadBytes.Set(typeof(McapReadBenchmarks), await ReadAsync());
    }
}
