using BenchmarkDotNet.Attributes;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Benchmarks;

/// <summary>Writing the messages of a drive, chunked, with indexes and CRCs, to a stream that drops the bytes.</summary>
public class McapWriteBenchmarks
{
    private readonly List<(ushort Channel, MessageRef Message, byte[] Payload)> messages = [];
    private readonly List<RecordingChannel> channels = [];

    [Params(McapCompression.None, McapCompression.Lz4, McapCompression.Zstd)]
    public McapCompression Compression { get; set; }

    // BenchmarkDotNet awaits benchmarks in its own process, but not their setup.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [Benchmark]
    public async Task WriteAsync()
    {
        await using var writer = new McapWriter(Stream.Null, new McapWriterOptions { Compression = Compression });
        foreach (var channel in channels)
        {
            ushort schema = channel.Schema is null ? (ushort)0 : writer.AddSchema(channel.Schema.Name, channel.Schema.Encoding, channel.Schema.Data);
            writer.AddChannel(schema, channel.Topic, channel.MessageEncoding);
        }

        foreach (var (channel, message, payload) in messages)
        {
            await writer.WriteMessageAsync(channel, message.Sequence, message.LogTimeNs, message.PublishTimeNs, payload, default);
        }

        await writer.CompleteAsync(default);
    }

    private async Task SetupAsync()
    {
        byte[] file = await SampleDrive.WriteAsync(McapCompression.None, seconds: 600);
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), default);
        while (await reader.ReadBlockAsync(default) is { } block)
        {
            foreach (var message in block.Messages.ToArray()) messages.Add(((ushort)(message.ChannelIndex + 1), message, block[message].ToArray()));
        }

        channels.AddRange(reader.Channels);
        PayloadBytes.Set(typeof(McapWriteBenchmarks), messages.Sum(message => (long)message.Payload.Length));
    }
}
