using BenchmarkDotNet.Attributes;
using Mesh.Formats;
using Mesh.Formats.RosBag;
using Mesh.Model;

namespace Mesh.Benchmarks;

/// <summary>Forward reading of ROS 1 bags, payloads delivered as spans, nothing decoded; chunks decompressed on all cores.</summary>
public class Ros1ReadBenchmarks
{
    private byte[] file = [];

    [Params(Ros1BagCompression.None, Ros1BagCompression.Lz4, Ros1BagCompression.Bz2)]
    public Ros1BagCompression Compression { get; set; }

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
        using var output = new MemoryStream();
        await Ros1SampleBag.WriteAsync(output, Compression, Ros1SampleBag.Seconds, bigMessages: true);
        file = output.ToArray();
        PayloadBytes.Set(typeof(Ros1ReadBenchmarks), await ReadAsync());
    }
}
