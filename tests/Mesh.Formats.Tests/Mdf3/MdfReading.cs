using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages;
using Mesh.Formats.Tests.Mdf;
using Mesh.Model;
using Xunit;

namespace Mesh.Formats.Tests.Mdf3;

/// <summary>A recording read whole, for comparisons.</summary>
internal sealed class MdfReading
{
    public List<RecordingChannel> Channels { get; } = [];

    /// <summary>Messages by channel index.</summary>
    public Dictionary<int, List<(ulong LogTimeNs, byte[] Payload)>> Messages { get; } = [];

    public List<DataLoss> Losses { get; } = [];

    public RecordingSummary? Summary { get; private set; }

    public long Count => Messages.Values.Sum(list => (long)list.Count);

    public static async Task<MdfReading> ReadAsync(byte[] file, RecordingReaderOptions? options = null)
    {
        var token = TestContext.Current.CancellationToken;
        var reading = new MdfReading();
        options ??= new RecordingReaderOptions { Parallelism = 1, BusFrames = false };
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file, "test"), options, token);
        reading.Summary = await reader.ReadSummaryAsync(token);
        while (await reader.ReadBlockAsync(token) is { } block)
        {
            foreach (var message in block.Messages.ToArray())
            {
                if (!reading.Messages.TryGetValue(message.ChannelIndex, out var list)) reading.Messages[message.ChannelIndex] = list = [];
                list.Add((message.LogTimeNs, block[message].ToArray()));
            }
        }

        reading.Channels.AddRange(reader.Channels);
        reading.Losses.AddRange(reader.Losses);
        return reading;
    }

    public List<(ulong LogTimeNs, byte[] Payload)> Of(int channel) => Messages.TryGetValue(channel, out var list) ? list : [];

    public MdfRecordLayout Layout(int channel) => MdfRecordLayout.Parse(Channels[channel].Schema!);

    public RecordBatch Decode(int channel, bool raw) =>
        MdfDecoding.Decode(Layout(channel), new MessageDecoderOptions { RawValues = raw, MaxFields = 100_000 }, [.. Of(channel).Select(message => message.Payload)]);

    /// <summary>All values of a column, as a person would write them.</summary>
    public object?[] Values(int channel, string name, bool raw = false)
    {
        var batch = Decode(channel, raw);
        var column = batch[name];
        return [.. Enumerable.Range(0, batch.Length).Select(row => MdfDecoding.Value(column, row))];
    }
}
