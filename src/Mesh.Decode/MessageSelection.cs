namespace Mesh.Decode;

/// <summary>Messages of a recording by channel and sequence; immutable.</summary>
public sealed class MessageSelection
{
    private readonly Dictionary<string, (long[] First, long[] Last)> channels = new(StringComparer.Ordinal);
    private readonly Func<string, long, bool>? except;

    /// <param name="ranges">Sequences from first to last, both included, by channel; they may overlap.</param>
    /// <param name="except">Messages in the ranges that are not selected; null for none.</param>
    public MessageSelection(IEnumerable<(string Channel, long First, long Last)> ranges, Func<string, long, bool>? except = null)
    {
        this.except = except;
        foreach (var channel in ranges.GroupBy(range => range.Channel, StringComparer.Ordinal))
        {
            List<(long First, long Last)> merged = [];
            foreach (var (_, first, last) in channel.OrderBy(range => range.First))
            {
                if (merged.Count > 0 && first <= merged[^1].Last + 1) merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
                else merged.Add((first, last));
            }

            channels.Add(channel.Key, ([.. merged.Select(range => range.First)], [.. merged.Select(range => range.Last)]));
        }
    }

    /// <summary>Channels with at least one message.</summary>
    public IReadOnlyCollection<string> Channels => channels.Keys;

    /// <summary>Whether a message is selected.</summary>
    public bool Contains(string channel, long sequence)
    {
        if (!channels.TryGetValue(channel, out var ranges)) return false;
        int place = Array.BinarySearch(ranges.First, sequence);
        if (place < 0) place = ~place - 1;
        return place >= 0 && sequence <= ranges.Last[place] && except?.Invoke(channel, sequence) != true;
    }
}
