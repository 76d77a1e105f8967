using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Messages;

namespace Mesh.Simulation;

/// <summary>Writes messages as columns into MDF 4: a channel group per channel. Publish times have no place there.</summary>
internal sealed class MdfDriveWriter(Stream output, DriveOptions options) : RecordingWriter
{
    private const int BatchPayloadBytes = 1 << 20;

    private readonly List<Table> tables = [];
    private readonly Mdf4ColumnWriter writer = new(output, new Mdf4WriterOptions
    {
        Compression = options.MdfCompression,
        StartTimeNs = (ulong)options.StartTimeNs,
        Clock = new StartClock(options.StartTimeNs),
    });

    public override int AddChannel(RecordingChannel channel)
    {
        var decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema);
        tables.Add(new Table(writer.AddGroup(channel.Topic, decoder.Type), decoder));
        return tables.Count - 1;
    }

    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var table = tables[channel];
        table.Add((long)message.LogTimeNs, payload.Span);
        return table.PayloadBytes < BatchPayloadBytes ? ValueTask.CompletedTask : FlushAsync(table, cancellationToken);
    }

    public override async ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken)
    {
        await writer.WriteMetadataAsync(metadata, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (var table in tables) await FlushAsync(table, cancellationToken).ConfigureAwait(false);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private ValueTask FlushAsync(Table table, CancellationToken cancellationToken)
    {
        var (logTimes, columns) = table.Take();
        return writer.WriteAsync(table.Group, logTimes, columns, cancellationToken);
    }

    /// <summary>The rows of one channel that are not written yet.</summary>
    private sealed class Table(int group, MessageDecoder decoder)
    {
        private readonly ColumnBuilder[] columns = [.. decoder.Type.Fields.Select(field => ColumnBuilder.Create(field.Type))];
        private readonly List<long> logTimes = [];

        public int Group => group;

        public long PayloadBytes { get; private set; }

        public void Add(long logTimeNs, ReadOnlySpan<byte> payload)
        {
            decoder.Decode(payload, columns);
            logTimes.Add(logTimeNs);
            PayloadBytes += payload.Length;
        }

        public (long[] LogTimes, ColumnVector[] Columns) Take()
        {
            var taken = (logTimes.ToArray(), Array.ConvertAll(columns, column => column.Build()));
            logTimes.Clear();
            PayloadBytes = 0;
            return taken;
        }
    }

    /// <summary>The file is written at the time of the drive: one seed gives one file.</summary>
    private sealed class StartClock(long timeNs) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(timeNs / 100);
    }
}
