using System.Buffers;
using Mesh.Formats;
using Mesh.Formats.Messages;

namespace Mesh.Commands.Recordings;

/// <summary>Writes columns as protobuf messages into one MCAP file, in log-time order: columns arrive channel by channel.</summary>
internal sealed class McapSink : ColumnSink
{
    private readonly ChannelUnion channels = new();
    private readonly Dictionary<(string Topic, MessageSchema? Schema), Encoder> encoders = [];
    private readonly ArrayBufferWriter<byte> payload = new();
    private readonly MessageSorter sorter;
    private readonly OutputRouter router;

    public McapSink(CopyRequest request)
    {
        router = new OutputRouter(request, RecordingFormat.Mcap, channels.Channels);
        sorter = new MessageSorter(request.Reader.SpillFolder);
    }

    public override async ValueTask WriteAsync(ColumnBatch batch, CancellationToken cancellationToken)
    {
        var key = (batch.Channel.Topic, batch.Channel.Schema);
        if (!encoders.TryGetValue(key, out var encoder)) encoders.Add(key, encoder = CreateEncoder(batch));
        for (int row = 0; row < batch.Fields.Length; row++)
        {
            payload.ResetWrittenCount();
            encoder.Rows.Encode(batch.Fields.Columns, row, payload);
            var message = new MessageRef(
                encoder.Channel, (uint)batch.Sequences.Values<long>()[row], (ulong)batch.LogTimesNs.Values<long>()[row], (ulong)batch.PublishTimesNs.Values<long>()[row], 0, payload.WrittenCount, 0);
            await sorter.AddAsync(encoder.Channel, message, payload.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask<IReadOnlyList<OutputReport>> CompleteAsync(CancellationToken cancellationToken)
    {
        await foreach (var (message, bytes) in sorter.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            await router.WriteAsync(message.ToRef(), bytes, cancellationToken).ConfigureAwait(false);
        }

        await router.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return router.Reports;
    }

    public override async ValueTask DisposeAsync()
    {
        await sorter.DisposeAsync().ConfigureAwait(false);
        await router.DisposeAsync().ConfigureAwait(false);
    }

    private Encoder CreateEncoder(ColumnBatch batch)
    {
        string name = batch.Channel.Schema?.Name is { Length: > 0 } schema ? schema : batch.Channel.Topic;
        var rows = new ColumnProtobufEncoder(new Columnar.StructType(batch.Fields.Schema.Fields), name);
        int channel = channels.Add(batch.Channel with { MessageEncoding = "protobuf", Schema = rows.Schema });
        return new Encoder(rows, channel);
    }

    private sealed record Encoder(ColumnProtobufEncoder Rows, int Channel);
}
