using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Records of one group within an unsorted data group, of one stretch of its data: where they lie, and what is still to be handed out.
/// </summary>
internal sealed class Mdf4RecordStream(Mdf4ChannelGroup group, Mdf4Clock clock, long limit)
{
    private int[] positions = [];

    public Mdf4ChannelGroup Group => group;

    public Mdf4Clock Clock => clock;

    /// <summary>Most records by the cycle counter.</summary>
    public long Limit => limit;

    /// <summary>Records met in this stretch.</summary>
    public int Count { get; private set; }

    /// <summary>Records of this stretch already handed out.</summary>
    public int Done { get; set; }

    /// <summary>Index of the next record to be handed out.</summary>
    public long Index { get; set; }

    /// <summary>Records whose values come later in the data, from stretches before.</summary>
    public Mdf4Buffer Pending { get; } = new();

    /// <summary>Places in the stream of the records in <see cref="Pending"/>.</summary>
    public List<long> PendingPlaces { get; } = [];

    public int PendingDone { get; set; }

    /// <summary>Per variable-length channel: number of the value expected next, and its offset.</summary>
    public (long Number, long Offset)[] Next { get; } = new (long, long)[group.Variables.Count];

    public ReadOnlySpan<int> Positions => positions.AsSpan(0, Count);

    public void Add(int position)
    {
        if (Count == positions.Length) Array.Resize(ref positions, Math.Max(64, Count * 2));
        positions[Count++] = position;
    }

    /// <summary>Forgets the stretch.</summary>
    public void Clear() => Count = Done = 0;
}
