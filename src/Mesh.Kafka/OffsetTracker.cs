namespace Mesh.Kafka;

/// <summary>
/// Events finish in any order, but a group's offset says that everything below it is finished. Keeps what is under way per partition and
/// yields the offset that may be committed; it moves back only with the group, to what is delivered again. Thread-safe.
/// </summary>
public sealed class OffsetTracker
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Partition> partitions = [];

    /// <summary>Notes an event as under way.</summary>
    /// <returns>False when it is already: it was delivered again, as happens after a rebalance.</returns>
    public bool TryBegin(EventPosition position)
    {
        lock (gate)
        {
            if (!partitions.TryGetValue(position.Partition, out var partition)) partitions.Add(position.Partition, partition = new Partition());
            if (!partition.UnderWay.Add(position.Offset)) return false;
            if (position.Offset < partition.Committed)
            {
                // Delivered again although it was finished: the group does not know, since the partition was nobody's or another's at the
                // time. It has to be told once more.
                partition.Committed = position.Offset;
                partition.Next = partition.UnderWay.Max + 1;
            }

            partition.Next = Math.Max(partition.Next, position.Offset + 1);
            return true;
        }
    }

    /// <summary>Notes an event as finished.</summary>
    /// <returns>The offset to commit; null when it has not moved.</returns>
    public long? Finish(EventPosition position)
    {
        lock (gate)
        {
            var partition = partitions[position.Partition];
            partition.UnderWay.Remove(position.Offset);
            long next = partition.UnderWay.Count > 0 ? partition.UnderWay.Min : partition.Next;
            if (next <= partition.Committed) return null;
            partition.Committed = next;
            return next;
        }
    }

    private sealed class Partition
    {
        public SortedSet<long> UnderWay { get; } = [];

        public long Next { get; set; }

        public long Committed { get; set; }
    }
}
