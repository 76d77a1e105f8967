using Mesh.Model;

namespace Mesh.Synchronise.Matching;

/// <summary>
/// The best sets there are: disjoint, order-preserving, none wider than the tolerance, with the most sets and then the least total spread, or the
/// least sum of (spread - reward). A function of the messages alone: equal stamps may come in any order of channels.
/// </summary>
/// <remarks>
/// <para>
/// Messages must come in order of stamps (sorted, or through a <see cref="Watermarks.WatermarkBuffer{T}"/>); one that comes after a later stamp is
/// dropped as <see cref="DropReason.LateArrival"/>. Among equally good solutions the one is taken that does without the last message, and so on
/// backwards, in order of (stamp, how many of its channel had the same stamp before, channel).
/// </para>
/// <para>
/// Where choices are forced or states cut, the result is still no worse than that of <see cref="ApproximateTimeMatcher"/> with its default options and
/// the tolerance as widest set, unless memory was too short to wait for it: it runs beside, and the solution that does at least as well is never given up.
/// </para>
/// <para>
/// A set is handed out once every solution that could still win has it, at the latest after about <see cref="OptimalOptions.HorizonNs"/>. Exact as
/// long as <see cref="IsProvenOptimal"/>. Memory: <see cref="OptimalOptions.MaxMemoryBytes"/> for what is undecided, and per partial solution
/// (twice <see cref="OptimalOptions.MaxStates"/>) some 60 bytes, a byte per channel and 8 bytes per open set, of which there are at most 64.
/// </para>
/// </remarks>
public sealed class OptimalMatcher : SetMatcher
{
    // Stretches of two channels longer than this go through the sweep, which decides along the way.
    private const int MaxBandMessages = 1024;
    private const long MessageBytes = 24;

    private readonly OptimalObjective objective;
    private readonly long tolerance;
    private readonly long horizon;
    private readonly long maxBytes;
    private readonly SetAssembler assembler;
    private readonly SweepSearch sweep;
    private readonly BandMatcher? band;
    private readonly PairBound[] bounds;
    private ApproximateTimeGuide? guide;

    // Messages of the latest stamp, per channel: more of them may come.
    private readonly StampQueue[] ties;
    private readonly int[] future;
    private long latest = long.MinValue;
    private int tieCount;
    private SweepEvent[] waiting = new SweepEvent[64];
    private int first;
    private int count;
    private int seen;
    private int stretch;
    private bool isComplete;
    private Int128 lowerBound;

    /// <exception cref="MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or options out of range.</exception>
    public OptimalMatcher(int channels, IMatchSink sink, OptimalOptions? options = null)
        : base(channels, sink)
    {
        const long Longest = 1L << 53;
        options ??= new OptimalOptions();
        OptionCheck.Range("ToleranceNs", options.ToleranceNs, 0, Longest);
        OptionCheck.Range("RewardNs", options.RewardNs ?? 1, 1, Longest);
        OptionCheck.Range("HorizonNs", options.HorizonNs, 0, long.MaxValue);
        OptionCheck.Range("MaxStates", options.MaxStates, 1, 1 << 20);
        OptionCheck.Range("MeanStates", options.MeanStates, 1, 1 << 20);
        OptionCheck.Range("MaxMemoryBytes", options.MaxMemoryBytes, 1 << 16, 1L << 36);
        objective = new OptimalObjective(options.RewardNs);
        tolerance = options.ToleranceNs;
        horizon = options.HorizonNs;
        maxBytes = options.MaxMemoryBytes;
        assembler = new SetAssembler(channels, sink);
        if (channels == 2) band = new BandMatcher(objective, tolerance, sink, assembler);
        bounds = new PairBound[options.BoundGap ? channels * (channels - 1) / 2 : 0];
        for (int i = 0; i < bounds.Length; i++) bounds[i] = new PairBound(tolerance, objective.Reward);
        ties = new StampQueue[channels];
        for (int c = 0; c < channels; c++) ties[c] = new StampQueue();
        future = new int[channels];
        sweep = new SweepSearch(channels, future, objective, options, sink, assembler);
        guide = new ApproximateTimeGuide(channels, tolerance);
    }

    /// <summary>Sets handed out so far.</summary>
    public long Sets => assembler.Sets;

    /// <summary>Sum of their spreads, nanoseconds.</summary>
    public Int128 TotalSpreadNs => assembler.TotalSpread;

    /// <summary>What a set is worth: the option, or 2^80 when the number of sets comes first.</summary>
    public Int128 RewardNs => objective.Reward;

    /// <summary>What was minimised: <see cref="TotalSpreadNs"/> - <see cref="RewardNs"/> * <see cref="Sets"/>.</summary>
    public Int128 Objective => TotalSpreadNs - RewardNs * Sets;

    /// <summary>Times a choice was taken before it was proven, because of the horizon or the memory limit.</summary>
    public long ForcedChoices => sweep.ForcedChoices;

    /// <summary>Partial solutions given up because there were more than <see cref="OptimalOptions.MaxStates"/>.</summary>
    public long CutStates => sweep.CutStates;

    /// <summary>Messages dropped because they came after a later stamp.</summary>
    public long LateMessages { get; private set; }

    /// <summary>Most partial solutions there were after a message.</summary>
    public int PeakStates => sweep.PeakStates;

    /// <summary>Whether no solution for the messages taken can be better than the sets handed out.</summary>
    public bool IsProvenOptimal => ForcedChoices == 0 && CutStates == 0 || (isComplete && bounds.Length > 0 && lowerBound == Objective);

    /// <summary>
    /// Once complete, a value that no solution's objective is below; the gap to <see cref="Objective"/> is proven. With the number of sets first,
    /// -<see cref="LowerBound"/> / 2^80 rounded up is the most sets there can be. Null when choices were forced or states cut and
    /// <see cref="OptimalOptions.BoundGap"/> is off.
    /// </summary>
    public Int128? LowerBound => !isComplete ? null : ForcedChoices == 0 && CutStates == 0 ? Objective : bounds.Length > 0 ? lowerBound : null;

    /// <summary>Bytes of undecided messages and back-pointers now.</summary>
    public long HeldBytes => (count + tieCount) * MessageBytes + sweep.HeldBytes;

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        if (stampNs < latest)
        {
            LateMessages++;
            Sink.Dropped(channel, message, DropReason.LateArrival);
            return;
        }

        if (stampNs > latest)
        {
            EndTies();
            latest = stampNs;
            Drain(isLast: false);
        }

        ties[channel].Append(stampNs, message);
        tieCount++;
        if (HeldBytes > maxBytes) MakeRoom();
    }

    private protected override void Finish()
    {
        EndTies();
        guide?.Complete();
        Drain(isLast: true);
        sweep.Complete();
        isComplete = true;
        lowerBound = bounds.Length == 0 ? 0 : Int128.MinValue;
        foreach (var bound in bounds) lowerBound = Int128.Max(lowerBound, bound.Complete());
    }

    // In turns, so that a flood of one stamp (a clock that stands still) opens few sets at once.
    private void EndTies()
    {
        while (tieCount > 0)
        {
            for (int c = 0; c < Channels; c++)
            {
                if (ties[c].Count == 0) continue;
                Enqueue(new SweepEvent(ties[c][0].Stamp, ties[c][0].Message, c));
                ties[c].RemoveFirst();
                tieCount--;
            }
        }
    }

    private void Enqueue(SweepEvent message)
    {
        if (bounds.Length > 0)
        {
            int pair = 0;
            for (int a = 0; a < Channels; a++)
            {
                for (int b = a + 1; b < Channels; b++, pair++)
                {
                    if (a == message.Channel || b == message.Channel) bounds[pair].Add(a == message.Channel, message.Stamp);
                }
            }
        }

        if (first + count == waiting.Length)
        {
            var target = count * 2 > waiting.Length ? new SweepEvent[waiting.Length * 2] : waiting;
            Array.Copy(waiting, first, target, 0, count);
            (waiting, first) = (target, 0);
        }

        waiting[first + count++] = message;
        guide?.Add(message);
    }

    private void Drain(bool isLast)
    {
        while (count > 0)
        {
            if (band is not null && sweep.IsIdle && seen == 0 && TryStretch(isLast, out bool isClosed))
            {
                if (isClosed) continue;
                return;
            }

            // A set with this message ends within the tolerance: what can be in it is known once a later stamp has come.
            if (!isLast && StampMath.Subtract(latest, waiting[first].Stamp) <= tolerance) return;
            if (guide is { IsNextDecided: false }) return;
            ProcessFirst(isKnown: true);
        }
    }

    /// <summary>Two channels: messages up to a gap that no set crosses, if it comes soon.</summary>
    /// <returns>False when the stretch is too long to wait for its end.</returns>
    private bool TryStretch(bool isLast, out bool isClosed)
    {
        isClosed = false;
        if (stretch == 0) stretch = 1;
        while (stretch < count && StampMath.Subtract(waiting[first + stretch].Stamp, waiting[first + stretch - 1].Stamp) <= tolerance) stretch++;
        bool isTooLong = stretch > MaxBandMessages || StampMath.Subtract(waiting[first + stretch - 1].Stamp, waiting[first].Stamp) > horizon;
        if (isTooLong)
        {
            stretch = 0;
            return false;
        }

        isClosed = stretch < count || isLast || StampMath.Subtract(latest, waiting[first + stretch - 1].Stamp) > tolerance;
        if (!isClosed) return true;
        band!.Match(waiting.AsSpan(first, stretch));
        guide?.Skip(stretch);
        sweep.RestartGuide();
        first += stretch;
        count -= stretch;
        stretch = 0;
        return true;
    }

    private void ProcessFirst(bool isKnown)
    {
        var message = waiting[first];
        long end = StampMath.Add(message.Stamp, tolerance);
        while (seen < count && waiting[first + seen].Stamp <= end) future[waiting[first + seen++].Channel]++;
        seen--;
        future[message.Channel]--;
        first++;
        count--;
        if (guide is { IsNextDecided: false })
        {
            // Memory is too short to wait for the guide: on without it.
            guide = null;
            sweep.LoseGuide();
        }

        sweep.Process(message, isKnown ? future : [], guide is not null && guide.Take());
    }

    /// <summary>Memory is short: takes messages before all their partners are known and decides the older half of what is open.</summary>
    private void MakeRoom()
    {
        EndTies();
        stretch = 0;
        while (HeldBytes > maxBytes / 2)
        {
            sweep.ForceHalf();
            for (int i = Math.Min(count, 8); i > 0; i--) ProcessFirst(isKnown: false);
        }
    }
}
