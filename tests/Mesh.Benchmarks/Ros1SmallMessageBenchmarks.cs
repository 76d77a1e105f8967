using BenchmarkDotNet.Attributes;
using Mesh.Formats;
using Mesh.Formats.RosBag;
using Mesh.Model;

namespace Mesh.Benchmarks;

/// <summary>Forward reading of ROS 1 bags of small messages (bus frames of 40 bytes), where it is the number of messages that costs.</summary>
public class Ros1SmallMessageBenchmarks
{
    private byte[] file = [];

    [Params(Ros1BagCompression.None, Ros1BagCompression.Lz4)]
    public Ros1BagCompression Compression { get; set; }

    // BenchmarkDotNet awaits benchmarks in its own process, but not their setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [Benchmark]
    public async Task<long> ReadAsync()
    {
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), default);
        long messages = 0;
        while (await reader.ReadBlockAsync(default) is { } block) messages += block.Messages.Length;
        return messages;
    }

    private async Task SetupAsync()
    {
        using var output = new MemoryStream();
        await Ros1SampleBag.WriteAsync(output, Compression, seconds: 500, bigMessages: false);
        file = output.ToArray();

        // In units of messages: the column then says millions of messages a second.
        PayloadBytes.Set(typeof(Ros1SmallMessageBenchmarks), await ReadAsync());
    }
}
