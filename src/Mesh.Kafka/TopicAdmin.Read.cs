using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Reading pieces of a topic.</summary>
public sealed partial class TopicAdmin
{
    /// <summary>First and next offset of each partition of a topic, by number.</summary>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyDictionary<int, (long Start, long End)>> ReadRangesAsync(string topic, CancellationToken cancellationToken)
    {
        var metadata = await FindAsync(topic, cancellationToken).ConfigureAwait(false);
        return (await RangesAsync(PlacesOf(metadata).ToList(), cancellationToken).ConfigureAwait(false)).ToDictionary(range => range.Key.Partition.Value, range => range.Value);
    }

    /// <summary>Where reading would begin in each partition.</summary>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyDictionary<int, long>> FindStartsAsync(string topic, TailStart start, CancellationToken cancellationToken)
    {
        var ranges = await RangesAsync(PlacesOf(await FindAsync(topic, cancellationToken).ConfigureAwait(false)).ToList(), cancellationToken).ConfigureAwait(false);
        using var consumer = BuildReader();
        return (await StartsAsync(consumer, ranges, start, cancellationToken).ConfigureAwait(false)).ToDictionary(found => found.Key.Partition.Value, found => found.Value);
    }

    /// <summary>Reads pieces of partitions, each in order, outside any group.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="pieces">First offset and the one to end before, by partition; within what there is.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient: the broker is away.</exception>
    public async IAsyncEnumerable<LogRecord> ReadPiecesAsync(
        string topic, IReadOnlyDictionary<int, (long From, long To)> pieces, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var open = pieces.Where(piece => piece.Value.From < piece.Value.To).Select(piece => piece.Key).ToHashSet();
        if (open.Count == 0) yield break;
        using var consumer = BuildReader();
        consumer.Assign(open.Select(partition => new TopicPartitionOffset(topic, partition, pieces[partition].From)));
        long quietSince = Environment.TickCount64;
        while (open.Count > 0)
        {
            var records = await OnThreadAsync($"read {topic}", () => TailStep(consumer), cancellationToken).ConfigureAwait(false);
            if (records.Count > 0) quietSince = Environment.TickCount64;
            else if (Environment.TickCount64 - quietSince > StallTimeout.TotalMilliseconds)
            {
                throw Failed($"read {topic}", new Error(ErrorCode.Local_TimedOut, $"no record for {StallTimeout.TotalSeconds:0} s"), new TimeoutException());
            }

            foreach (var record in records)
            {
                int partition = record.Partition.Value;
                long to = pieces[partition].To;

                // Offsets may be missing at the end, where a transaction was marked or compaction took something.
                if (record.IsPartitionEOF || record.Offset.Value >= to - 1) open.Remove(partition);
                if (!record.IsPartitionEOF && record.Offset.Value < to) yield return LogRecord.Of(record);
            }
        }
    }
}
