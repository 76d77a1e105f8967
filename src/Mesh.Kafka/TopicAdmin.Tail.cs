using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Reading a topic's records as they are.</summary>
public sealed partial class TopicAdmin
{
    private static readonly TimeSpan TailPoll = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads a topic's records, each partition in order, outside any group.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="follow">Whether to go on with what comes; otherwise it ends where the topic ended when it began.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient: the broker is away.</exception>
    public async IAsyncEnumerable<LogRecord> TailAsync(string topic, TailStart start, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var places = PlacesOf(await FindAsync(topic, cancellationToken).ConfigureAwait(false)).ToList();
        var ranges = await RangesAsync(places, cancellationToken).ConfigureAwait(false);
        using var consumer = BuildReader();
        var starts = await StartsAsync(consumer, ranges, start, cancellationToken).ConfigureAwait(false);
        var open = ranges.Where(range => starts[range.Key] < range.Value.End).Select(range => range.Key).ToHashSet();
        if (open.Count == 0 && !follow) yield break;

        consumer.Assign((follow ? ranges.Keys : open.AsEnumerable()).Select(place => new TopicPartitionOffset(place, starts[place])));
        long quietSince = Environment.TickCount64;
        while (follow || open.Count > 0)
        {
            var records = await OnThreadAsync($"read {topic}", () => TailStep(consumer), cancellationToken).ConfigureAwait(false);
            if (records.Count > 0) quietSince = Environment.TickCount64;
            else if (!follow && Environment.TickCount64 - quietSince > StallTimeout.TotalMilliseconds)
            {
                throw Failed($"read {topic}", new Error(ErrorCode.Local_TimedOut, $"no record for {StallTimeout.TotalSeconds:0} s"), new TimeoutException());
            }

            foreach (var record in records)
            {
                long end = ranges[record.TopicPartition].End;
                if (record.IsPartitionEOF || record.Offset.Value >= end - 1) open.Remove(record.TopicPartition);
                if (record.IsPartitionEOF || (!follow && record.Offset.Value >= end)) continue;
                yield return LogRecord.Of(record);
            }
        }
    }

    private static List<ConsumeResult<byte[], byte[]>> TailStep(IConsumer<byte[], byte[]> consumer)
    {
        List<ConsumeResult<byte[], byte[]>> records = [];
        while (records.Count < RecordsPerStep && consumer.Consume(records.Count == 0 ? TailPoll : TimeSpan.Zero) is { } record) records.Add(record);
        return records;
    }

    private async Task<Dictionary<TopicPartition, long>> StartsAsync(
        IConsumer<byte[], byte[]> consumer, Dictionary<TopicPartition, (long Start, long End)> ranges, TailStart start, CancellationToken cancellationToken)
    {
        // A time after the last record means the end.
        var byTime = start.Time is { } time
            ? await OffsetsAsync(consumer, ranges.Keys, new Timestamp(time.ToUnixTimeMilliseconds(), TimestampType.NotAvailable), cancellationToken).ConfigureAwait(false)
            : [];
        return ranges.ToDictionary(
            range => range.Key,
            range => Math.Clamp(
                start.Time is not null ? byTime.GetValueOrDefault(range.Key, range.Value.End)
                : start.Last is { } last ? range.Value.End - last
                : start.Offset ?? range.Value.Start,
                range.Value.Start, range.Value.End));
    }
}
