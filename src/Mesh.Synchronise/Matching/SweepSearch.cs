using System.Diagnostics;

namespace Mesh.Synchronise.Matching;

/// <summary>
/// Dynamic programming along time. With m_c(t) messages of channel c used up to t, the sum of all spreads is the integral of
/// (max m_c - min m_c), so that the future depends only on the offsets and the opening stamps of the open sets. Decides as soon as all
/// surviving solutions agree.
/// </summary>
internal sealed class SweepSearch
{
    private const int CheckLayers = 32;

    // Solutions to expand for free before the mean counts: some 50 ms of work.
    private const long MostCredit = 1 << 19;
    private readonly int channels;
    private readonly int[] inSight;
    private readonly int meanStates;
    private long credit = MostCredit;

    // The state that does at least as well as the guide: it uses what the guide uses, but for the first few of each channel.
    private readonly int[] skips;
    private readonly int[] guideOffsets;
    private bool hasGuide = true;
    private readonly long tolerance;
    private readonly OptimalObjective objective;
    private readonly int maxStates;
    private readonly long horizon;
    private readonly IMatchSink sink;
    private readonly SetAssembler assembler;
    private readonly byte[] offsets;
    private readonly long[] openings = new long[SweepStates.MaxOpen];
    private SweepStates states;
    private SweepStates previous;
    private long previousStamp;
    private bool lastIsUsable;

    // One layer per undecided message, with its part of the back-pointers.
    private Layer[] layers = new Layer[64];
    private int layerCount;
    private int[] backs = new int[256];
    private int backCount;
    private int checkAt = CheckLayers;
    private int[] walk = new int[16];
    private int[] walkNext = new int[16];
    private bool[] marks = new bool[16];
    private Int128[] outlooks = [];

    /// <param name="channels">Number of channels.</param>
    /// <param name="inSight">Per channel how many messages are known to come within the tolerance; kept up to date by the owner.</param>
    /// <param name="objective">What is minimised.</param>
    /// <param name="options">Tolerance and limits.</param>
    /// <param name="sink">Is told what is dropped.</param>
    /// <param name="assembler">Gets what is used.</param>
    public SweepSearch(int channels, int[] inSight, OptimalObjective objective, OptimalOptions options, IMatchSink sink, SetAssembler assembler)
    {
        this.channels = channels;
        this.inSight = inSight;
        skips = new int[channels];
        guideOffsets = new int[channels];
        this.objective = objective;
        this.sink = sink;
        this.assembler = assembler;
        tolerance = options.ToleranceNs;
        maxStates = options.MaxStates;
        meanStates = Math.Min(options.MeanStates, options.MaxStates);
        horizon = options.HorizonNs;
        offsets = new byte[channels];
        states = new SweepStates(channels);
        previous = new SweepStates(channels);
        states.Reset(0);
        states.Tagged = 0;
    }

    /// <summary>Times a decision was taken that was not proven.</summary>
    public long ForcedChoices { get; private set; }

    /// <summary>Partial solutions given up because there were too many.</summary>
    public long CutStates { get; private set; }

    public int PeakStates { get; private set; }

    public bool IsIdle => layerCount == 0 && states.Count == 1 && states.Open(0) == 0;

    public long HeldBytes => layerCount * (long)Layer.Bytes + backCount * (long)sizeof(int);

    /// <summary>Takes the next message in order of stamps.</summary>
    /// <param name="message">The message.</param>
    /// <param name="future">Per channel how many messages are still to come within the tolerance; empty when that is not known.</param>
    /// <param name="guideUses">Whether the guide has the message in a set.</param>
    public void Process(SweepEvent message, ReadOnlySpan<int> future, bool guideUses)
    {
        bool follows = Follow(message.Channel, guideUses);
        (states, previous) = (previous, states);
        Expand(message, future, follows);
        if (states.Count == 0)
        {
            // Only after forced choices: what they opened can no longer be completed.
            ForcedChoices++;
            Decide(layerCount - 1, Best(previous));
            assembler.Abandon();
            previous.Reset(0);
            Expand(message, future, follows);
        }

        PeakStates = Math.Max(PeakStates, states.Count);
        CutToBudget();
        if (hasGuide && states.Tagged < 0) FindGuide();
        PushLayer(message);
        if (states.Count == 1)
        {
            Decide(layerCount - 1, 0);
        }
        else if (layerCount >= checkAt)
        {
            DecideCommon();
            long limit = StampMath.Subtract(message.Stamp, horizon);
            if (layerCount > 0 && layers[0].Event.Stamp < limit) Force(limit);
            checkAt = Math.Max(CheckLayers, layerCount + layerCount / 2);
        }
    }

    /// <summary>Decides the older half of what is undecided, to give memory back.</summary>
    public void ForceHalf()
    {
        if (layerCount == 0) return;
        DecideCommon();
        if (layerCount > 0) Force((layerCount - 1) / 2);
        checkAt = Math.Max(CheckLayers, layerCount + layerCount / 2);
    }

    /// <summary>Nothing follows.</summary>
    public void Complete()
    {
        if (layerCount == 0) return;
        int final = 0;
        while (final < states.Count && states.Open(final) > 0) final++;
        if (final == states.Count)
        {
            ForcedChoices++;
            final = Best(states);
        }

        Decide(layerCount - 1, final);
        assembler.Abandon();
        states.Reset(0);
    }

    /// <summary>The guide is told everything anew from here on, and nothing is open.</summary>
    public void RestartGuide()
    {
        if (!hasGuide) return;
        skips.AsSpan().Clear();
        guideOffsets.AsSpan().Clear();
        states.Tagged = 0;
    }

    public void LoseGuide()
    {
        hasGuide = false;
        states.Tagged = SweepStates.None;
    }

    /// <summary>Whether the state that follows the guide uses the message.</summary>
    private bool Follow(int channel, bool guideUses)
    {
        if (!guideUses) return false;
        guideOffsets[channel]++;
        if (!guideOffsets.AsSpan().Contains(0))
        {
            for (int c = 0; c < channels; c++) guideOffsets[c]--;
        }

        if (skips[channel] == 0) return true;
        skips[channel]--;
        return false;
    }

    // After the guide was lost to a limit: from where it has nothing open a state with nothing open can do what it does.
    private void FindGuide()
    {
        if (guideOffsets.AsSpan().ContainsAnyExcept(0)) return;
        int idle = Idle();
        if (idle == states.Count) return;
        skips.AsSpan().Clear();
        states.Tagged = idle;
    }

    private int Idle()
    {
        int idle = 0;
        while (idle < states.Count && states.Open(idle) > 0) idle++;
        return idle;
    }

    /// <summary>
    /// Lets another state follow the guide if that cannot end up worse. It skips so much of what the guide uses that all channels are in step with
    /// the state that followed so far, or with one of its later sets; then its sets from there on have the same members or fewer early ones.
    /// </summary>
    private bool TryMoveTag(int to)
    {
        int from = states.Tagged;
        if (from < 0 || from == to) return true;
        var theirs = states.Offsets(from);
        var ours = states.Offsets(to);
        int behind = int.MaxValue;
        for (int c = 0; c < channels; c++) behind = Math.Min(behind, ours[c] - theirs[c]);
        if (states.Open(to) - behind > states.Open(from) || states.Cost(to) + objective.SetCost * behind > states.Cost(from)) return false;
        var theirOpenings = states.Openings(from);
        var ourOpenings = states.Openings(to);
        for (int i = 0; i < ourOpenings.Length; i++)
        {
            if (ourOpenings[i] < theirOpenings[i - behind]) return false;
        }

        for (int c = 0; c < channels; c++) skips[c] += ours[c] - behind - theirs[c];
        states.Tagged = to;
        return true;
    }

    private void Expand(SweepEvent message, ReadOnlySpan<int> future, bool follows)
    {
        states.Clear();
        int channel = message.Channel;
        long passed = StampMath.Subtract(message.Stamp, previousStamp);
        previousStamp = message.Stamp;

        // First all that skip the message, then all that use it: this order is the tie rule.
        for (int s = 0; s < previous.Count; s++)
        {
            int open = previous.Open(s);
            if (open > 0)
            {
                if (StampMath.Subtract(message.Stamp, previous.Openings(s)[0]) > tolerance) continue;
                previous.AddCost(s, objective.SpreadCost(passed) * open);
            }

            if (!future.IsEmpty && open - previous.Offsets(s)[channel] > future[channel]) continue;
            states.AddUnchecked(previous.Cost(s), previous.Openings(s), previous.Offsets(s), s << 1);
            if (s == previous.Tagged && !follows) states.Tagged = states.Count - 1;
        }

        bool isUsable = false;
        for (int s = 0; s < previous.Count; s++)
        {
            int open = previous.Open(s);
            if (open > 0 && StampMath.Subtract(message.Stamp, previous.Openings(s)[0]) > tolerance) continue;
            int used = TryUse(message, s, future);
            isUsable |= used >= 0;
            if (s == previous.Tagged && follows) states.Tagged = used;
        }

        states.Compact();
        DropHopeless();
        lastIsUsable = isUsable;
    }

    // A solution with open sets can at best complete all of them without further spread. One with nothing open that is ahead even then does as
    // well as it can by copying every set it opens later.
    private void DropHopeless()
    {
        int idle = Idle();
        if (idle == states.Count || states.Count == 1) return;
        var limit = states.Cost(idle);
        for (int s = 0; s < states.Count; s++)
        {
            if (states.Cost(s) + objective.SetCost * states.Open(s) <= limit) continue;
            if (s == states.Tagged) TryMoveTag(idle);
            states.Kill(s);
        }

        states.Compact();
    }

    /// <returns>The state that stands for the solution, or <see cref="SweepStates.None"/>.</returns>
    private int TryUse(SweepEvent message, int s, ReadOnlySpan<int> future)
    {
        previous.Offsets(s).CopyTo(offsets);
        var theirs = previous.Openings(s);
        theirs.CopyTo(openings);
        int open = theirs.Length;
        var cost = previous.Cost(s);
        if (++offsets[message.Channel] > open)
        {
            if (open == SweepStates.MaxOpen)
            {
                CutStates++;
                return SweepStates.None;
            }

            openings[open++] = message.Stamp;
        }

        int first = 0;
        if (!offsets.AsSpan().Contains((byte)0))
        {
            for (int c = 0; c < channels; c++) offsets[c]--;
            cost += objective.SetCost;
            first = 1;
            open--;
        }

        for (int c = 0; c < future.Length; c++)
        {
            if (open - offsets[c] > future[c]) return SweepStates.None;
        }

        return states.Add(cost, openings.AsSpan(first, open), offsets, (s << 1) | 1);
    }

    private void PushLayer(SweepEvent message)
    {
        if (layerCount == layers.Length) Array.Resize(ref layers, layers.Length * 2);
        if (backCount + states.Count > backs.Length) Array.Resize(ref backs, Math.Max(backs.Length * 2, backCount + states.Count));
        layers[layerCount++] = new Layer(message, backCount, lastIsUsable);
        states.Back.AsSpan(0, states.Count).CopyTo(backs.AsSpan(backCount));
        backCount += states.Count;
    }

    /// <summary>Decides up to the last message about which all surviving solutions agree.</summary>
    private void DecideCommon()
    {
        int count = states.Count;
        EnsureWalk(count);
        for (int i = 0; i < count; i++) walk[i] = i;
        for (int layer = layerCount - 1; layer >= 0; layer--)
        {
            if (count == 1)
            {
                Decide(layer, walk[0]);
                return;
            }

            // Predecessors without repeats.
            int kept = 0;
            for (int i = 0; i < count; i++)
            {
                int predecessor = backs[layers[layer].BackStart + walk[i]] >> 1;
                if (predecessor >= marks.Length) Array.Resize(ref marks, Math.Max(marks.Length * 2, predecessor + 1));
                if (marks[predecessor]) continue;
                marks[predecessor] = true;
                walkNext[kept++] = predecessor;
            }

            for (int i = 0; i < kept; i++) marks[walkNext[i]] = false;
            (walk, walkNext) = (walkNext, walk);
            count = kept;
        }
    }

    private void Force(long limitStamp)
    {
        int layer = 0;
        while (layer + 1 < layerCount && layers[layer + 1].Event.Stamp < limitStamp) layer++;
        Force(layer);
    }

    /// <summary>Takes the best solution so far at its word up to a layer and gives up those that disagree.</summary>
    private void Force(int layer)
    {
        int best = Best(states);
        int ancestor = TryMoveTag(best) ? best : states.Tagged;
        for (int l = layerCount - 1; l > layer; l--) ancestor = backs[layers[l].BackStart + ancestor] >> 1;

        int before = states.Count;
        EnsureWalk(before);
        if (marks.Length < before) marks = new bool[before];
        for (int s = 0; s < before; s++)
        {
            int theirs = s;
            for (int l = layerCount - 1; l > layer; l--) theirs = backs[layers[l].BackStart + theirs] >> 1;
            marks[s] = theirs == ancestor;
        }

        states.Keep(marks);
        marks.AsSpan(0, before).Clear();
        if (layer < layerCount - 1)
        {
            backCount = layers[layerCount - 1].BackStart + states.Count;
            states.Back.AsSpan(0, states.Count).CopyTo(backs.AsSpan(layers[layerCount - 1].BackStart));
        }

        if (states.Count < before) ForcedChoices++;
        Decide(layer, ancestor);
    }

    private int Best(SweepStates of)
    {
        int best = 0;
        for (int s = 1; s < of.Count; s++)
        {
            if (Outlook(of, s) < Outlook(of, best)) best = s;
        }

        return best;
    }

    /// <summary>
    /// Ranks states of different depth: their cost, and as many sets as the scarcest channel still allows with what is used and what is in
    /// sight. An estimate, not a bound: having opened many sets early is no merit.
    /// </summary>
    private Int128 Outlook(SweepStates of, int s)
    {
        int least = int.MaxValue;
        var used = of.Offsets(s);
        for (int c = 0; c < used.Length; c++) least = Math.Min(least, used[c] + inSight[c]);
        return of.Cost(s) + objective.SetCost * least;
    }

    // A front may grow to the most states for a while; in the long run a message pays for the mean.
    private void CutToBudget()
    {
        credit = Math.Clamp(credit + meanStates - states.Count, 0, MostCredit);
        if (credit == 0 && states.Count > 2 * meanStates) Cut(meanStates);
        else if (states.Count > maxStates) Cut(maxStates);
    }

    private void Cut(int most)
    {
        int count = states.Count;
        EnsureWalk(count);
        if (outlooks.Length < count) outlooks = new Int128[count * 2];
        for (int s = 0; s < count; s++) (outlooks[s], walk[s]) = (Outlook(states, s), s);
        Array.Sort(outlooks, walk, 0, count);
        TryMoveTag(walk[0]);
        if (marks.Length < count) marks = new bool[count];

        // Equal ones may have changed places in the sort: those at the edge are taken by index.
        Int128 edge = outlooks[most - 1];
        int below = 0;
        while (outlooks[below] < edge) below++;
        int atEdge = most - below;
        for (int s = 0; s < count; s++)
        {
            var outlook = Outlook(states, s);
            marks[s] = outlook < edge || (outlook == edge && atEdge-- > 0);
        }

        if (states.Tagged >= 0 && !marks[states.Tagged])
        {
            int last = count - 1;
            while (!marks[last] || Outlook(states, last) != edge) last--;
            marks[last] = false;
            marks[states.Tagged] = true;
        }

        states.Keep(marks);
        marks.AsSpan(0, count).Clear();
        CutStates += count - states.Count;
    }

    /// <summary>Hands out every decision up to and including a layer, as taken by one of its states.</summary>
    private void Decide(int layer, int state)
    {
        if (layer < 0) return;
        Debug.Assert(layer < layerCount, "only what is undecided can be decided");
        for (int l = layer, s = state; l >= 0; l--)
        {
            int back = backs[layers[l].BackStart + s];
            layers[l].IsUsed = (back & 1) != 0;
            s = back >> 1;
        }

        for (int l = 0; l <= layer; l++)
        {
            var decided = layers[l].Event;
            if (layers[l].IsUsed) assembler.Use(decided);
            else sink.Dropped(decided.Channel, decided.Message, layers[l].IsUsable ? DropReason.Superseded : DropReason.NoPartner);
        }

        int rest = layerCount - layer - 1;
        int start = rest > 0 ? layers[layer + 1].BackStart : backCount;
        Array.Copy(backs, start, backs, 0, backCount - start);
        backCount -= start;
        Array.Copy(layers, layer + 1, layers, 0, rest);
        layerCount = rest;
        for (int l = 0; l < rest; l++) layers[l].BackStart -= start;
    }

    private void EnsureWalk(int count)
    {
        if (walk.Length >= count) return;
        Array.Resize(ref walk, Math.Max(walk.Length * 2, count));
        Array.Resize(ref walkNext, walk.Length);
    }

    private struct Layer(SweepEvent message, int backStart, bool isUsable)
    {
        public const int Bytes = 32;
        public readonly SweepEvent Event = message;
        public readonly bool IsUsable = isUsable;
        public int BackStart = backStart;
        public bool IsUsed;
    }
}
