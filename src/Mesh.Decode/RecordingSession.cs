using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode;

/// <summary>One pass over one recording: which channel goes where, what is open, what is full.</summary>
internal sealed class RecordingSession(UploadContext upload, DecodeOptions options, DecodeAccount account, RecordingReader reader, IClockCorrection? clocks, TimeProvider time)
{
    private const int MeasureRows = 256;
    private const int MeasureBytes = 256 << 10;
    private const int MaxPendingLetters = 64;

    private readonly List<Route> routes = [];
    private readonly List<ChannelStream> streams = [];
    private readonly Dictionary<string, TopicCounter> counters = [];
    private readonly ConstantColumn recordingId = new(upload.IngestId.ToString());
    private readonly ConstantColumn vehicleId = new(upload.VehicleId);
    private readonly AbsentColumn clockError = new();
    private ReadOnlyMemory<byte> data;
    private MessageRef[] run = [];
    private long[] sequences = [];
    private int[] ends = [];
    private bool[] chosen = [];
    private int position;
    private int current;
    private ChannelStream? full;
    private long bufferedBytes;
    private bool anyRow;

    public LetterBook Letters { get; } = new(upload, options, time);

    /// <summary>Whether nothing of the block is needed any more.</summary>
    public bool IsBlockDone => streams.Count == 0 || position >= ends[streams.Count - 1];

    /// <summary>
    /// Takes a block: every message gets its sequence in file order, then the wanted ones are put together by stream, so that each stream
    /// decodes runs. <see cref="Continue"/> works on them; the block must stay valid until that is done.
    /// </summary>
    public void Take(MessageBlock block)
    {
        var messages = block.Messages.Span;
        data = block.Data;
        while (routes.Count < reader.Channels.Count) AddRoute();
        if (ends.Length <= streams.Count) ends = new int[streams.Count + 16];
        if (run.Length < messages.Length) (run, sequences) = (new MessageRef[messages.Length], new long[messages.Length]);
        if (options.Only is { } only)
        {
            TakeOnly(messages, only);
            return;
        }

        // A counting sort: stable, so a stream's messages stay in file order.
        Array.Clear(ends);
        foreach (ref readonly var message in messages)
        {
            if (routes[message.ChannelIndex].Stream is { } stream) ends[stream.Index + 1]++;
        }

        for (int i = 1; i < ends.Length; i++) ends[i] += ends[i - 1];
        foreach (ref readonly var message in messages)
        {
            var (counter, stream) = routes[message.ChannelIndex];
            long sequence = counter.NextSequence++;
            if (stream is null) continue;
            int place = ends[stream.Index]++;
            run[place] = message;
            sequences[place] = sequence;
        }

        Begin(messages.Length);
    }

    // The same sort, over the messages that are selected one by one.
    private void TakeOnly(ReadOnlySpan<MessageRef> messages, MessageSelection only)
    {
        if (chosen.Length < messages.Length) chosen = new bool[messages.Length];
        Span<long> numbers = new long[messages.Length];
        Array.Clear(ends);
        for (int i = 0; i < messages.Length; i++)
        {
            var (counter, stream) = routes[messages[i].ChannelIndex];
            numbers[i] = counter.NextSequence++;
            chosen[i] = stream is not null && only.Contains(stream.Topic, numbers[i]);
            if (chosen[i]) ends[stream!.Index + 1]++;
        }

        for (int i = 1; i < ends.Length; i++) ends[i] += ends[i - 1];
        for (int i = 0; i < messages.Length; i++)
        {
            if (!chosen[i]) continue;
            int place = ends[routes[messages[i].ChannelIndex].Stream!.Index]++;
            run[place] = messages[i];
            sequences[place] = numbers[i];
        }

        Begin(messages.Length);
    }

    private void Begin(int messages)
    {
        // Each end has moved from the start of its stream's run to the end of it.
        int wanted = streams.Count == 0 ? 0 : ends[streams.Count - 1];
        account.MessagesIn += messages;
        account.NotSelected += messages - wanted;
        position = 0;
        current = 0;
    }

    /// <summary>Decodes until a batch is full, letters are to be written or the block ends.</summary>
    /// <returns>False when the block is done.</returns>
    public bool Continue()
    {
        for (; current < streams.Count; current++)
        {
            while (position < ends[current])
            {
                int taken = Append(streams[current], run.AsSpan(position, ends[current] - position), sequences.AsSpan(position, ends[current] - position));
                streams[current].MessagesIn += taken;
                position += taken;
                if (full is not null || Letters.PendingCount >= MaxPendingLetters) return true;
            }
        }

        return false;
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

    /// <returns>Messages taken, at least one.</returns>
    private int Append(ChannelStream stream, ReadOnlySpan<MessageRef> messages, ReadOnlySpan<long> numbers)
    {
        if (stream.Refusal is { } refusal)
        {
            Refuse(stream, messages[0], numbers[0], refusal.Code, refusal.Message);
            return 1;
        }

        int count = CountRun(stream, messages);
        if (count == 0 && IsTooLong(messages[0]))
        {
            Refuse(stream, messages[0], numbers[0], "MESH2107",
                $"The message has {messages[0].Length} bytes, more than the {options.MaxMessageBytes} that limits.maxMessage of the topology allows. Raise the limit, give the server the memory it takes, and replay the letter; or record smaller messages.");
            return 1;
        }

        if (count == 0)
        {
            Refuse(stream, messages[0], numbers[0], "MESH2103",
                $"Log time {messages[0].LogTimeNs} ns or publish time {messages[0].PublishTimeNs} ns lies beyond the year 2262, the end of signed 64-bit nanoseconds. Correct the recorder's clock.");
            return 1;
        }

        int rows = stream.Append(data.Span, messages[..count], numbers, out var failure);
        foreach (ref readonly var message in messages[..rows])
        {
            long logTimeNs = (long)message.LogTimeNs;
            account.MinLogTimeNs = anyRow ? Math.Min(account.MinLogTimeNs, logTimeNs) : logTimeNs;
            account.MaxLogTimeNs = anyRow ? Math.Max(account.MaxLogTimeNs, logTimeNs) : logTimeNs;
            anyRow = true;
        }

        if (failure is not null) Refuse(stream, messages[rows], numbers[rows], failure.Code, failure.Message);
        if (stream.Rows >= options.BatchRows || stream.UnmeasuredRows >= MeasureRows || stream.UnmeasuredBytes >= MeasureBytes)
        {
            bufferedBytes += stream.Measure();
            if (stream.EstimatedBytes >= options.BatchBytes || stream.Rows >= options.BatchRows) full = stream;
            else if (bufferedBytes > options.MaxBufferedBytes) full = Largest();
        }

        return failure is null ? rows : rows + 1;
    }

    /// <summary>Messages to decode in one go: none beyond what a batch may hold, none whose time has no place in a table.</summary>
    private int CountRun(ChannelStream stream, ReadOnlySpan<MessageRef> messages)
    {
        int limit = Math.Min(messages.Length, Math.Min(MeasureRows, options.BatchRows - stream.Rows));
        long bytes = 0;
        for (int i = 0; i < limit; i++)
        {
            ref readonly var message = ref messages[i];
            if (bytes >= MeasureBytes || message.LogTimeNs > long.MaxValue || message.PublishTimeNs > long.MaxValue || IsTooLong(message)) return i;
            bytes += message.Length;
        }

        return limit;
    }

    private bool IsTooLong(in MessageRef message) => message.Length > options.MaxMessageBytes || !message.IsHeld;

    private void Refuse(ChannelStream stream, in MessageRef message, long sequence, string code, string reason)
    {
        if (options.OnCorrupt == CorruptPolicy.Fail)
        {
            throw RecordingDecoder.Damaged(upload, $"Message {sequence} of {stream.Topic}: {code}: {reason}");
        }

        Letters.Add(stream, message, message.IsHeld ? data.Span.Slice(message.Offset, message.Length) : [], sequence, code, reason);
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

    private void AddRoute()
    {
        var channel = options.Correct(reader.Channels[routes.Count], upload.VehicleId);
        if (!counters.TryGetValue(channel.Topic, out var counter)) counters.Add(channel.Topic, counter = new TopicCounter());
        routes.Add(new Route(counter, options.Selects(channel.Schema?.Name ?? "", channel.Topic, upload.VehicleId) ? StreamOf(channel, counter) : null));
    }

    private ChannelStream StreamOf(RecordingChannel channel, TopicCounter counter)
    {
        foreach (var known in streams)
        {
            if (known.Takes(channel)) return known;
        }

        var stream = new ChannelStream(
            channel.Topic, channel.Schema, channel.MessageEncoding, counter, recordingId, vehicleId, clockError, options.Messages, clock: clocks?.Of(channel.Topic)) { Index = streams.Count };
        streams.Add(stream);
        return stream;
    }

    private readonly record struct Route(TopicCounter Counter, ChannelStream? Stream);
}
