using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Simulation.Tests;

/// <summary>A drive decoded to columns, one batch per topic, with the times of its messages.</summary>
internal sealed class DriveSignals
{
    private DriveSignals(DriveSimulator drive) => Drive = drive;

    public DriveSimulator Drive { get; }
    public Dictionary<string, RecordBatch> Batches { get; } = [];
    public Dictionary<string, List<SimulatedMessage>> Messages { get; } = [];
    public Dictionary<string, List<long>> StampsNs { get; } = [];

    public static DriveSignals Of(DriveOptions options)
    {
        var drive = new DriveSimulator(options);
        var signals = new DriveSignals(drive);
        var decoders = drive.Channels.Select(channel => MessageDecoders.Create(channel.MessageEncoding, channel.Schema)).ToArray();
        var rows = decoders.Select(decoder => new StructBuilder(decoder.Type)).ToArray();
        foreach (var channel in drive.Channels)
        {
            signals.Messages[channel.Topic] = [];
            signals.StampsNs[channel.Topic] = [];
        }

        foreach (var message in drive.Run())
        {
            string topic = drive.Channels[message.Channel].Topic;
            decoders[message.Channel].Decode(message.Payload.Span, [.. rows[message.Channel].Children]);
            rows[message.Channel].EndStruct();
            decoders[message.Channel].TryReadStampNs(message.Payload.Span, out long stamp).ShouldBeTrue(topic);
            signals.StampsNs[topic].Add(stamp);
            signals.Messages[topic].Add(message with { Payload = default });
        }

        for (int i = 0; i < rows.Length; i++) signals.Batches[drive.Channels[i].Topic] = rows[i].BuildBatch();
        return signals;
    }

    public double[] Values(string topic, params string[] path)
    {
        var column = Batches[topic][path[0]];
        foreach (string name in path.Skip(1))
        {
            column = column.Children[((StructType)column.Type).Fields.ToList().FindIndex(field => field.Name == name)];
        }

        return column.Values<double>().ToArray();
    }
}
