namespace Mesh.Formats.Mcap;

/// <summary>A part of the file that holds messages: a chunk, or records in a row outside chunks.</summary>
/// <param name="Offset">Byte position of its first record.</param>
/// <param name="Length">Bytes of its records, opcodes and lengths included.</param>
/// <param name="IsChunk">Whether it is a chunk.</param>
/// <param name="StartTimeNs">Earliest log time in it, as far as the file tells.</param>
/// <param name="EndTimeNs">Latest log time in it, as far as the file tells.</param>
/// <param name="Cost">Bytes it holds in memory once it is read.</param>
internal sealed record McapSegment(long Offset, long Length, bool IsChunk, ulong StartTimeNs, ulong EndTimeNs, long Cost)
{
    /// <summary>Whether the file ends within it.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether it is known to hold nothing.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Channels by id, where the index tells them.</summary>
    public IReadOnlyList<KeyValuePair<ushort, ulong>> MessageIndexOffsets { get; init; } = [];

    /// <summary>Messages handed out in log-time order so far.</summary>
    public int Done { get; set; }

    /// <summary>Log time of the next message to hand out; the start time as long as it has not been read.</summary>
    public ulong NextTimeNs { get; set; } = StartTimeNs;

    /// <summary>Whether all messages have been handed out, or none can be.</summary>
    public bool IsFinished { get; set; }

    /// <summary>The segment in memory, its messages by log time.</summary>
    public McapChunk? Loaded { get; set; }

    /// <summary>What <see cref="Done"/> becomes if the slice being gathered fits.</summary>
    public int Taken { get; set; }

    /// <summary>What <see cref="NextTimeNs"/> then becomes; null when nothing is left.</summary>
    public ulong? TakenNextTimeNs { get; set; }

    /// <summary>Notes what comes next after <see cref="Done"/> has moved; the segment is loaded.</summary>
    public void Advance()
    {
        IsFinished = Done >= Loaded!.Run.Count;
        if (!IsFinished) NextTimeNs = Loaded.Run.Messages[Done].LogTimeNs;
    }

    /// <summary>Counts what a gathered slice took as handed out.</summary>
    public void Take()
    {
        if (Taken == Done && TakenNextTimeNs is null) return;
        Done = Taken;
        IsFinished = TakenNextTimeNs is null;
        NextTimeNs = TakenNextTimeNs ?? NextTimeNs;
        TakenNextTimeNs = null;
    }
}
