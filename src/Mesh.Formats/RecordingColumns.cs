using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>
/// Reads a recording straight to columns: the messages of a block are put together by channel and decoded run by run. Batches of one channel
/// are in recorded order; between channels there is no order.
/// </summary>
/// <param name="reader">The recording; not disposed.</param>
/// <param name="options">Sizes and limits.</param>
public sealed class RecordingColumns(RecordingReader reader, RecordingColumnsOptions? options = null)
{
    private readonly RecordingColumnsOptions options = options ?? new RecordingColumnsOptions();
    private readonly List<Target> byChannel = [];
    private readonly List<Target> targets = [];
    private readonly Dictionary<RecordingChannel, Target> known = new(SameColumns.Instance);
    private readonly List<Target> touched = [];
    private readonly ColumnMemory? memory = options is { ReuseMemory: true } ? new ColumnMemory(options.MaxBufferedBytes / 2) : null;
    private long openBytes;
    private int[] counts = [];
    private MessageRef[] grouped = [];

    /// <summary>What could not be decoded so far, by channel.</summary>
    public IReadOnlyList<UndecodedMessages> Undecoded => [.. targets.Where(target => target.Undecoded > 0).Select(target => target.ToUndecoded())];

    /// <summary>Messages read so far, decoded or not.</summary>
    public long Messages { get; private set; }

    /// <summary>Decodes the recording.</summary>
    public async IAsyncEnumerable<ColumnBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            Messages += block.Messages.Length;
            Decode(block);
            foreach (var target in touched)
            {
                openBytes += target.Measure();
                if (target.Rows < this.options.BatchRows && target.OpenBytes < this.options.BatchBytes) continue;
                yield return Build(target);
                memory?.Reclaim();
            }

            while ((memory?.HeldBytes ?? openBytes) > this.options.MaxBufferedBytes && Largest() is { } largest)
            {
                yield return Build(largest);
                memory?.Reclaim();
            }
        }

        foreach (var target in targets)
        {
            if (target.Rows == 0) continue;
            yield return Build(target);
            memory?.Reclaim();
        }
    }

    private ColumnBatch Build(Target target)
    {
        openBytes -= target.OpenBytes;
        return target.Build();
    }

    private void Decode(MessageBlock block)
    {
        var messages = block.Messages.Span;
        foreach (var target in touched) target.IsTouched = false;
        touched.Clear();
        if (messages.IsEmpty) return;
        while (byChannel.Count < reader.Channels.Count) byChannel.Add(TargetOf(reader.Channels[byChannel.Count]));
        if (IsOneChannel(messages))
        {
            Append(byChannel[messages[0].ChannelIndex], block, messages);
            return;
        }

        // A counting sort: stable, so each channel's messages stay in recorded order.
        if (counts.Length <= byChannel.Count) counts = new int[byChannel.Count + 1];
        if (grouped.Length < messages.Length) grouped = new MessageRef[messages.Length];
        Array.Clear(counts);
        foreach (ref readonly var message in messages) counts[message.ChannelIndex + 1]++;
        for (int i = 1; i < counts.Length; i++) counts[i] += counts[i - 1];
        foreach (ref readonly var message in messages) grouped[counts[message.ChannelIndex]++] = message;

        // Each count has moved to the end of its channel's run.
        int start = 0;
        for (int channel = 0; channel < byChannel.Count; channel++)
        {
            int end = counts[channel];
            if (end > start) Append(byChannel[channel], block, grouped.AsSpan(start, end - start));
            start = end;
        }
    }

    private void Append(Target target, MessageBlock block, ReadOnlySpan<MessageRef> run)
    {
        // Several channels can share a target.
        if (!target.IsTouched) touched.Add(target);
        target.IsTouched = true;
        target.Append(block.Data.Span, run);
    }

    private static bool IsOneChannel(ReadOnlySpan<MessageRef> messages)
    {
        int channel = messages[0].ChannelIndex;
        foreach (ref readonly var message in messages)
        {
            if (message.ChannelIndex != channel) return false;
        }

        return true;
    }

    private Target? Largest()
    {
        Target? largest = null;
        foreach (var target in targets)
        {
            if (target.Rows > 0 && (largest is null || target.OpenBytes > largest.OpenBytes)) largest = target;
        }

        return largest;
    }

    private Target TargetOf(RecordingChannel channel)
    {
        if (known.TryGetValue(channel, out var same)) return same;
        var target = new Target(channel, options.Messages, memory);
        known.Add(channel, target);
        targets.Add(target);
        return target;
    }

    /// <summary>The open batch of one channel.</summary>
    private sealed class Target
    {
        private readonly RecordingChannel channel;
        private readonly MessageDecoder? decoder;
        private readonly ColumnBuilder[] columns = [];
        private readonly FixedWidthBuilder<long> logTimes;
        private readonly FixedWidthBuilder<long> publishTimes;
        private readonly FixedWidthBuilder<long> sequences;
        private readonly Schema schema = new([]);
        private string code = "";
        private string reason = "";

        public Target(RecordingChannel channel, MessageDecoderOptions options, ColumnMemory? memory)
        {
            this.channel = channel;
            logTimes = new FixedWidthBuilder<long>(DataType.Int64, memory);
            publishTimes = new FixedWidthBuilder<long>(DataType.Int64, memory);
            sequences = new FixedWidthBuilder<long>(DataType.Int64, memory);
            try
            {
                decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema, options);
                schema = new Schema(decoder.Type.Fields);
                columns = [.. schema.Fields.Select(field => ColumnBuilder.Create(field.Type, memory))];
            }
            catch (MeshException exception) when (!exception.IsTransient)
            {
                code = exception.Code;
                reason = exception.Message;
            }
        }

        public int Rows => logTimes.Length;

        /// <summary>Whether the block being read has messages of it.</summary>
        public bool IsTouched { get; set; }

        public long Undecoded { get; private set; }

        /// <summary>Bytes of the open batch, as of the last <see cref="Measure"/>.</summary>
        public long OpenBytes { get; private set; }

        /// <summary>Counts the bytes of the open batch anew; how many they have become more.</summary>
        public long Measure()
        {
            long sum = 3 * logTimes.EstimatedBytes;
            foreach (var column in columns) sum += column.EstimatedBytes;
            long more = sum - OpenBytes;
            OpenBytes = sum;
            return more;
        }

        public void Append(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run)
        {
            if (decoder is null)
            {
                Undecoded += run.Length;
                return;
            }

            while (!run.IsEmpty)
            {
                int rows = decoder.DecodeRun(data, run, columns, out var failure);
                AppendTimes(run[..rows]);

                if (failure is null) return;
                if (Undecoded++ == 0) (code, reason) = (failure.Code, failure.Message);
                run = run[(rows + 1)..];
            }
        }

        private void AppendTimes(ReadOnlySpan<MessageRef> run)
        {
            Span<long> logs = logTimes.Reserve(run.Length), publishes = publishTimes.Reserve(run.Length), numbers = sequences.Reserve(run.Length);
            for (int i = 0; i < run.Length; i++)
            {
                // Times beyond the year 2262 do not fit signed nanoseconds; the last one that does stands for them.
                ref readonly var message = ref run[i];
                logs[i] = (long)Math.Min(message.LogTimeNs, long.MaxValue);
                publishes[i] = (long)Math.Min(message.PublishTimeNs, long.MaxValue);
                numbers[i] = message.Sequence;
            }

            logTimes.Commit(run.Length);
            publishTimes.Commit(run.Length);
            sequences.Commit(run.Length);
        }

        public ColumnBatch Build()
        {
            int rows = Rows;
            OpenBytes = 0;
            return new ColumnBatch(
                channel, logTimes.Build(), publishTimes.Build(), sequences.Build(), new RecordBatch(schema, rows, Array.ConvertAll(columns, column => column.Build())));
        }

        public UndecodedMessages ToUndecoded() => new(channel.Topic, Undecoded, code, reason);
    }

    /// <summary>Channels whose messages make the same columns.</summary>
    private sealed class SameColumns : IEqualityComparer<RecordingChannel>
    {
        public static readonly SameColumns Instance = new();

        public bool Equals(RecordingChannel? one, RecordingChannel? other) =>
            one!.Topic == other!.Topic && one.MessageEncoding == other.MessageEncoding && MessageSchema.AreSame(one.Schema, other.Schema);

        public int GetHashCode(RecordingChannel channel)
        {
            var hash = default(HashCode);
            hash.Add(channel.Topic);
            hash.Add(channel.MessageEncoding);
            hash.Add(channel.Schema?.Name);
            if (channel.Schema is { } schema) hash.AddBytes(schema.Data.Span);
            return hash.ToHashCode();
        }
    }
}
