namespace Mesh.Synchronise.Matching;

/// <summary>
/// Partial solutions after one message. Each has per channel an offset d (messages used beyond the completed sets, so that the least is 0), one
/// opening stamp per open set, and its cost. Kept: per offsets the Pareto front of (less cost, later openings), in the order of the tie rule.
/// </summary>
internal sealed class SweepStates(int channels)
{
    /// <summary>Most sets open at once; the offsets are bytes.</summary>
    public const int MaxOpen = 64;

    /// <summary>No state.</summary>
    public const int None = -1;

    private const int End = -1;
    private int capacity;
    private int openCapacity = 2;
    private Int128[] costs = [];
    private int[] opens = [];
    private byte[] offsets = [];
    private long[] openings = [];
    private uint[] hashes = [];
    private int[] next = [];
    private int[] buckets = new int[64];
    private bool hasDead;

    public int Count { get; private set; }

    /// <summary>A state to keep track of: it, or one as good that took its place.</summary>
    public int Tagged { get; set; } = None;

    /// <summary>Per state (index of its predecessor) * 2 + (1 when the message was used).</summary>
    public int[] Back { get; private set; } = [];

    public Int128 Cost(int state) => costs[state];

    /// <summary>Number of open sets.</summary>
    public int Open(int state) => opens[state];

    public ReadOnlySpan<byte> Offsets(int state) => offsets.AsSpan(state * channels, channels);

    public ReadOnlySpan<long> Openings(int state) => openings.AsSpan(state * openCapacity, opens[state]);

    public void AddCost(int state, Int128 cost) => costs[state] += cost;

    public void Clear()
    {
        Count = 0;
        Tagged = None;
        hasDead = false;
        buckets.AsSpan().Fill(End);
    }

    /// <summary>Leaves one state: nothing open.</summary>
    public void Reset(Int128 cost)
    {
        Clear();
        Append(cost, [], stackalloc byte[channels], 0);
    }

    /// <summary>Adds a state that cannot be dominated, or dominate, among those added so far.</summary>
    public void AddUnchecked(Int128 cost, ReadOnlySpan<long> openingStamps, ReadOnlySpan<byte> offsetsOfState, int back) =>
        Append(cost, openingStamps, offsetsOfState, back);

    /// <summary>Adds a state unless one is as good; takes out those it betters. On equal cost the state added first stays.</summary>
    /// <returns>The state, or the one that is as good.</returns>
    public int Add(Int128 cost, ReadOnlySpan<long> openingStamps, ReadOnlySpan<byte> offsetsOfState, int back)
    {
        bool isTagged = false;
        uint hash = Hash(offsetsOfState);
        for (int other = buckets[hash & (uint)(buckets.Length - 1)]; other != End; other = next[other])
        {
            if (hashes[other] != hash || opens[other] < 0 || !Offsets(other).SequenceEqual(offsetsOfState)) continue;
            var theirs = Openings(other);
            if (costs[other] <= cost)
            {
                if (NoneEarlier(theirs, openingStamps)) return other;
            }
            else if (NoneEarlier(openingStamps, theirs))
            {
                isTagged |= other == Tagged;
                Kill(other);
            }
        }

        Append(cost, openingStamps, offsetsOfState, back);
        if (isTagged) Tagged = Count - 1;
        return Count - 1;
    }

    /// <summary>Marks a state to be taken out by <see cref="Compact"/>.</summary>
    public void Kill(int state)
    {
        opens[state] = End;
        hasDead = true;
    }

    /// <summary>Takes out what was bettered, keeping the order.</summary>
    public void Compact()
    {
        if (!hasDead) return;
        int kept = 0, tagged = None;
        for (int state = 0; state < Count; state++)
        {
            if (opens[state] < 0) continue;
            if (state == Tagged) tagged = kept;
            Move(state, kept++);
        }

        Count = kept;
        Tagged = tagged;
        hasDead = false;
    }

    /// <summary>Keeps the states marked; the order stays.</summary>
    public void Keep(ReadOnlySpan<bool> marked)
    {
        int kept = 0, tagged = None;
        for (int state = 0; state < Count; state++)
        {
            if (!marked[state]) continue;
            if (state == Tagged) tagged = kept;
            Move(state, kept++);
        }

        Count = kept;
        Tagged = tagged;
    }

    private static bool NoneEarlier(ReadOnlySpan<long> a, ReadOnlySpan<long> b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] < b[i]) return false;
        }

        return true;
    }

    private static uint Hash(ReadOnlySpan<byte> offsetsOfState)
    {
        uint hash = 0;
        foreach (byte offset in offsetsOfState) hash = (hash + offset) * 0x9E3779B1;
        return hash ^ (hash >> 15);
    }

    private void Append(Int128 cost, ReadOnlySpan<long> openingStamps, ReadOnlySpan<byte> offsetsOfState, int back)
    {
        if (Count == capacity) Grow();
        if (openingStamps.Length > openCapacity) Widen(openingStamps.Length);
        int state = Count++;
        costs[state] = cost;
        opens[state] = openingStamps.Length;
        openingStamps.CopyTo(openings.AsSpan(state * openCapacity));
        offsetsOfState.CopyTo(offsets.AsSpan(state * channels));
        Back[state] = back;
        uint hash = Hash(offsetsOfState);
        hashes[state] = hash;
        ref int bucket = ref buckets[hash & (uint)(buckets.Length - 1)];
        next[state] = bucket;
        bucket = state;
    }

    private void Move(int from, int to)
    {
        if (from == to) return;
        costs[to] = costs[from];
        opens[to] = opens[from];
        Back[to] = Back[from];
        Openings(from).CopyTo(openings.AsSpan(to * openCapacity));
        Offsets(from).CopyTo(offsets.AsSpan(to * channels));
    }

    // The buckets are rebuilt with the arrays: chains of dead states need no care, they are skipped.
    private void Grow()
    {
        capacity = Math.Max(16, capacity * 2);
        Array.Resize(ref costs, capacity);
        Array.Resize(ref opens, capacity);
        Array.Resize(ref offsets, capacity * channels);
        Array.Resize(ref openings, capacity * openCapacity);
        Array.Resize(ref hashes, capacity);
        Array.Resize(ref next, capacity);
        int[] back = Back;
        Array.Resize(ref back, capacity);
        Back = back;
        if (buckets.Length >= capacity) return;
        buckets = new int[buckets.Length * 4];
        buckets.AsSpan().Fill(End);
        for (int state = 0; state < Count; state++)
        {
            ref int bucket = ref buckets[hashes[state] & (uint)(buckets.Length - 1)];
            next[state] = bucket;
            bucket = state;
        }
    }

    private void Widen(int needed)
    {
        int wider = Math.Max(openCapacity * 2, needed);
        long[] moved = new long[capacity * wider];
        for (int state = 0; state < Count; state++)
        {
            if (opens[state] > 0) Openings(state).CopyTo(moved.AsSpan(state * wider));
        }

        openings = moved;
        openCapacity = wider;
    }
}
