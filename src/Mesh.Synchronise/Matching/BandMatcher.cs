namespace Mesh.Synchronise.Matching;

/// <summary>
/// Two channels, a closed stretch of messages: dynamic programming over the band of pairs within the tolerance, with the tie rule of
/// <see cref="SweepSearch"/>. Takes time and memory by the area of the band.
/// </summary>
internal sealed class BandMatcher(OptimalObjective objective, long tolerance, IMatchSink sink, SetAssembler assembler)
{
    private readonly List<int> first = new(64);
    private readonly List<int> second = new(64);
    private Int128[] values = [];
    private Row[] rows = [];

    /// <summary>Matches a stretch that no set leaves.</summary>
    /// <param name="messages">In the order of the sweep.</param>
    public void Match(ReadOnlySpan<SweepEvent> messages)
    {
        first.Clear();
        second.Clear();
        for (int i = 0; i < messages.Length; i++) (messages[i].Channel == 0 ? first : second).Add(i);
        if (first.Count > 0 && second.Count > 0) Fill(messages);
        Decide(messages);
    }

    // Row i holds the least cost F(i, j) of the first i of one channel and the first j of the other, for j in its band; left of the band
    // F(i, j) = F(i - 1, j), right of it F(i, j) = F(i, last of the band).
    private void Fill(ReadOnlySpan<SweepEvent> messages)
    {
        if (rows.Length < first.Count + 1) rows = new Row[Math.Max(first.Count + 1, rows.Length * 2)];
        rows[0] = new Row(0, 0, 0);
        if (values.Length == 0) values = new Int128[256];
        values[0] = 0;
        int used = 1;
        int low = 0, high = 0;
        for (int i = 1; i <= first.Count; i++)
        {
            long stamp = messages[first[i - 1]].Stamp;
            while (low < second.Count && StampMath.Subtract(stamp, messages[second[low]].Stamp) > tolerance) low++;
            high = Math.Max(high, low);
            while (high < second.Count && StampMath.Subtract(messages[second[high]].Stamp, stamp) <= tolerance) high++;

            // Columns low .. high: column low stands for everything left of the band.
            int start = used;
            used += high - low + 1;
            if (used > values.Length) Array.Resize(ref values, Math.Max(values.Length * 2, used));
            rows[i] = new Row(low, high, start);
            values[start] = Value(i - 1, low);
            for (int j = low + 1; j <= high; j++)
            {
                var best = Int128.Min(Value(i - 1, j), values[start + j - low - 1]);
                var matched = Value(i - 1, j - 1) + objective.SetCost + objective.SpreadCost(StampMath.Distance(stamp, messages[second[j - 1]].Stamp));
                values[start + j - low] = Int128.Min(best, matched);
            }
        }
    }

    private Int128 Value(int i, int j)
    {
        while (j < rows[i].Low) i--;
        var row = rows[i];
        return values[row.Start + Math.Min(j, row.High) - row.Low];
    }

    // Backwards, skipping the later of the two messages at hand whenever that costs nothing.
    private void Decide(ReadOnlySpan<SweepEvent> messages)
    {
        Span<bool> isUsed = messages.Length <= 1024 ? stackalloc bool[messages.Length] : new bool[messages.Length];
        int i = first.Count, j = second.Count;
        while (i > 0 && j > 0)
        {
            var here = Value(i, j);
            bool canSkipFirst = Value(i - 1, j) == here, canSkipSecond = Value(i, j - 1) == here;
            if (canSkipFirst && (first[i - 1] > second[j - 1] || !canSkipSecond))
            {
                i--;
            }
            else if (canSkipSecond)
            {
                j--;
            }
            else
            {
                isUsed[first[--i]] = isUsed[second[--j]] = true;
            }
        }

        for (int m = 0; m < messages.Length; m++)
        {
            if (isUsed[m]) assembler.Use(messages[m]);
            else sink.Dropped(messages[m].Channel, messages[m].Message, HasPartner(messages, m) ? DropReason.Superseded : DropReason.NoPartner);
        }
    }

    private bool HasPartner(ReadOnlySpan<SweepEvent> messages, int message)
    {
        var own = messages[message];
        for (int m = message - 1; m >= 0 && StampMath.Subtract(own.Stamp, messages[m].Stamp) <= tolerance; m--)
        {
            if (messages[m].Channel != own.Channel) return true;
        }

        for (int m = message + 1; m < messages.Length && StampMath.Subtract(messages[m].Stamp, own.Stamp) <= tolerance; m++)
        {
            if (messages[m].Channel != own.Channel) return true;
        }

        return false;
    }

    private readonly record struct Row(int Low, int High, int Start);
}
