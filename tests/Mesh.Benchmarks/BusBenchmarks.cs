using BenchmarkDotNet.Attributes;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Benchmarks;

/// <summary>Bus logs: a real MDF 4 log to records, frames and messages of a database, and these to signal columns.</summary>
public class BusBenchmarks
{
    private byte[] file = [];
    private BusDatabase database = null!;

    [GlobalSetup]
    public void Load()
    {
        string folder = TestData.PathOf("CSS-Electronics_api-examples", "examples", "other", "matlab-basics");
        file = File.ReadAllBytes(Path.Combine(folder, "LOG_datastore", "3BA199E2", "00000165", "00000005-60FEBFEB.MF4"));
        database = BusDatabase.Parse("canmod-gps.dbc", File.ReadAllBytes(Path.Combine(folder, "dbc_files", "canmod-gps.dbc")));
    }

    [Benchmark(Baseline = true)]
    public Task<long> Records() => CountAsync(new RecordingReaderOptions { BusFrames = false });

    [Benchmark]
    public Task<long> TypedFrames() => CountAsync(new RecordingReaderOptions());

    [Benchmark]
    public Task<long> DatabaseMessages() => CountAsync(new RecordingReaderOptions { Databases = [new BusDatabaseBinding(database, null)] });

    [Benchmark]
    public async Task<long> SignalColumns()
    {
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(database, null)], Query = new RecordingQuery { Topics = ["can/2/*"] } };
        var columns = new Dictionary<int, (MessageDecoder Decoder, StructBuilder Builder, ColumnBuilder[] Row, List<MessageRef> Run)>();
        long rows = 0;
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options, default);
        while (await reader.ReadBlockAsync(default) is { } block)
        {
            // Messages of a bus log alternate; a decoder is fast on many of one channel, wherever in the block they lie.
            foreach (var message in block.Messages.ToArray())
            {
                if (!columns.TryGetValue(message.ChannelIndex, out var entry))
                {
                    var channel = reader.Channels[message.ChannelIndex];
                    var decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema);
                    var builder = new StructBuilder(decoder.Type);
                    columns[message.ChannelIndex] = entry = (decoder, builder, [.. builder.Children], []);
                }

                entry.Run.Add(message);
            }

            foreach (var (decoder, builder, row, run) in columns.Values)
            {
                int done = decoder.DecodeRun(block.Data.Span, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run), row, out _);
                builder.EndStructs(done);
                rows += done;
                run.Clear();
            }
        }

        foreach (var entry in columns.Values) entry.Builder.BuildBatch();
        return rows;
    }

    private async Task<long> CountAsync(RecordingReaderOptions options)
    {
        long count = 0;
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options, default);
        while (await reader.ReadBlockAsync(default) is { } block) count += block.Messages.Length;
        return count;
    }
}
