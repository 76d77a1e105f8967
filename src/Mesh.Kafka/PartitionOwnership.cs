namespace Mesh.Kafka;

/// <summary>
/// Which partitions a consumer reads and how far it has committed them. Invariant: a commit never lowers the group's offset, also when
/// a partition went to another member and came back meanwhile.
/// </summary>
internal sealed class PartitionOwnership
{
    private const long NothingRead = -1;

    private readonly Lock gate = new();
    private readonly Dictionary<int, Share> owned = [];
    private int lastGeneration;

    /// <summary>Takes a partition over; what was read of it before belongs to the past.</summary>
    public void Assign(int partition)
    {
        lock (gate) owned[partition] = new Share { Generation = ++lastGeneration };
    }

    /// <summary>Gives a partition up.</summary>
    public void Release(int partition)
    {
        lock (gate) owned.Remove(partition);
    }

    /// <summary>Notes that an event was read.</summary>
    /// <returns>The generation it belongs to; 0 when the partition is not owned.</returns>
    public int Read(int partition, long offset)
    {
        lock (gate)
        {
            if (!owned.TryGetValue(partition, out var share)) return 0;
            // Reading begins at the group's offset, so the first event's offset is the lowest that may be committed.
            if (share.Floor == NothingRead) share.Floor = offset;
            return share.Generation;
        }
    }

    /// <summary>Whether an event read in this generation may still be delivered.</summary>
    public bool IsCurrent(int partition, int generation)
    {
        lock (gate) return owned.TryGetValue(partition, out var share) && share.Generation == generation;
    }

    /// <summary>Whether committing this offset is our business and moves the group forward.</summary>
    public bool MayCommit(int partition, long nextOffset)
    {
        lock (gate) return owned.TryGetValue(partition, out var share) && share.Floor != NothingRead && nextOffset > share.Floor;
    }

    /// <summary>Notes a commit that the group coordinator has confirmed.</summary>
    public void Committed(int partition, long nextOffset)
    {
        lock (gate)
        {
            if (owned.TryGetValue(partition, out var share)) share.Floor = Math.Max(share.Floor, nextOffset);
        }
    }

    private sealed class Share
    {
        public int Generation { get; init; }

        public long Floor { get; set; } = NothingRead;
    }
}
