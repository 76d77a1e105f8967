using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode;

/// <summary>One pass over one recording: which channel goes where, what is open, what is full.</summary>
internal sealed class RecordingSession(UploadContext upload, DecodeOptions options, DecodeAccount account, RecordingReader reader, TimeProvider time)
{
    private const int MeasureRows = 64;
    private const int MeasureBytes = 256 << 10;
    private const int MaxPendingLetters = 64;

    private readonly List<Route> routes = [];
    private readonly List<ChannelStream> streams = [];
    private readonly Dictionary<string, TopicCounter> counters = [];
    private readonly ConstantColumn recordingId = new(upload.IngestId.ToString());
    private readonly ConstantColumn vehicleId = new(upload.VehicleId);
    private readonly AbsentColumn clockError = new();
    private ChannelStream? full;
    private long bufferedBytes;
    private bool anyRow;

    public LetterBook Letters { get; } = new(upload, options, time);

    /// <summary>Appends messages until a batch is full, letters are to be written or the block ends.</summary>
    /// <returns>Index of the next message.</returns>
    public int Append(MessageBlock block, int start)
    {
        var messages = block.Messages.Span;
        var data = block.Data.Span;
        for (int i = start; i < messages.Length; i++)
        {
            ref readonly var message = ref messages[i];
            if (message.ChannelIndex >= routes.Count) AddRoutes();
            var (counter, stream) = routes[message.ChannelIndex];
            long sequence = counter.NextSequence++;
            account.MessagesIn++;
            if (stream is null)
            {
                account.NotSelected++;
                continue;
            }

            stream.MessagesIn++;
            Append(stream, message, data.Slice(message.Offset, message.Length), sequence);
            if (full is not null || Letters.PendingCount >= MaxPendingLetters) return i + 1;
        }

        return messages.Length;
    }

    /// <summary>The batch that is full; null when none is.</summary>
    public ChannelBatch? TakeFull()
    {
        if (full is null) return null;
        var batch = Build(full);
        full = null;
        return batch;
    }

    /// <summary>The batches still open, at the end.</summary>
    public IEnumerable<ChannelBatch> TakeRest()
    {
        foreach (var stream in streams)
        {
            if (stream.Rows > 0) yield return Build(stream);
        }
    }

    /// <summary>Completes the account.</summary>
    public void Close()
    {
        account.Losses = [.. reader.Losses];
        account.Channels =
        [
            .. streams.Select(stream => new ChannelCount(
                stream.Topic, stream.SchemaName, stream.Columns, stream.MessagesIn, stream.RowsOut, stream.DeadLetters, stream.TimeBase)),
        ];
    }

    private void Append(ChannelStream stream, in MessageRef message, ReadOnlySpan<byte> payload, long sequence)
    {
        if (stream.Refusal is { } refusal)
        {
            Refuse(stream, message, payload, sequence, refusal.Code, refusal.Message);
            return;
        }

        if (message.LogTimeNs > long.MaxValue || message.PublishTimeNs > long.MaxValue)
        {
            Refuse(stream, message, payload, sequence, "MESH2103",
                $"Log time {message.LogTimeNs} ns or publish time {message.PublishTimeNs} ns lies beyond the year 2262, the end of signed 64-bit nanoseconds. Correct the recorder's clock.");
            return;
        }

        try
        {
            stream.Append(message, payload, sequence);
        }
        catch (MessageFormatException exception)
        {
            Refuse(stream, message, payload, sequence, exception.Code, exception.Message);
            return;
        }

        long logTimeNs = (long)message.LogTimeNs;
        account.MinLogTimeNs = anyRow ? Math.Min(account.MinLogTimeNs, logTimeNs) : logTimeNs;
        account.MaxLogTimeNs = anyRow ? Math.Max(account.MaxLogTimeNs, logTimeNs) : logTimeNs;
        anyRow = true;
        if (stream.Rows < options.BatchRows && stream.UnmeasuredRows < MeasureRows && stream.UnmeasuredBytes < MeasureBytes) return;

        bufferedBytes += stream.Measure();
        if (stream.EstimatedBytes >= options.BatchBytes || stream.Rows >= options.BatchRows) full = stream;
        else if (bufferedBytes > options.MaxBufferedBytes) full = Largest();
    }

    private void Refuse(ChannelStream stream, in MessageRef message, ReadOnlySpan<byte> payload, long sequence, string code, string reason)
    {
        if (options.OnCorrupt == CorruptPolicy.Fail)
        {
            throw RecordingDecoder.Damaged(upload, $"Message {sequence} of {stream.Topic}: {code}: {reason}");
        }

        Letters.Add(stream, message, payload, sequence, code, reason);
    }

    private ChannelBatch Build(ChannelStream stream)
    {
        bufferedBytes -= stream.EstimatedBytes;
        return stream.Build();
    }

    private ChannelStream Largest()
    {
        var largest = streams[0];
        foreach (var stream in streams)
        {
            if (stream.EstimatedBytes > largest.EstimatedBytes) largest = stream;
        }

        return largest;
    }

    private void AddRoutes()
    {
        while (routes.Count < reader.Channels.Count)
        {
            var channel = reader.Channels[routes.Count];
            if (!counters.TryGetValue(channel.Topic, out var counter)) counters.Add(channel.Topic, counter = new TopicCounter());
            routes.Add(new Route(counter, options.Selects(channel.Schema?.Name ?? "", channel.Topic) ? StreamOf(channel, counter) : null));
        }
    }

    private ChannelStream StreamOf(RecordingChannel channel, TopicCounter counter)
    {
        foreach (var known in streams)
        {
            if (known.Takes(channel)) return known;
        }

        var stream = new ChannelStream(
            channel.Topic, channel.Schema, channel.MessageEncoding, counter, recordingId, vehicleId, clockError, options.Messages);
        streams.Add(stream);
        return stream;
    }

    private readonly record struct Route(TopicCounter Counter, ChannelStream? Stream);
}
