using System.Collections;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Replay;

/// <summary>Which letter a message belongs to, and which messages of ranges are spoken for already. Sequences are 0-based per channel.</summary>
internal sealed class LetterMap
{
    /// <summary>Most messages a range may span; its bits are 128 MiB.</summary>
    private const long MaxSpan = 1L << 30;

    private readonly Dictionary<(string Channel, long Sequence), DeadLetterEntry> single = [];
    private readonly Dictionary<string, List<DeadLetterEntry>> ranges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long First, BitArray Taken)> taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> left = new(StringComparer.Ordinal);

    public LetterMap(IReadOnlyList<DeadLetterEntry> letters)
    {
        foreach (var letter in letters)
        {
            left[letter.Id] = letter.Remaining;
            if (letter.LastSequence <= letter.Sequence) single[(letter.Channel, letter.Sequence)] = letter;
            else if (ranges.TryGetValue(letter.Channel, out var list)) list.Add(letter);
            else ranges.Add(letter.Channel, [letter]);
        }

        foreach (var channel in letters.GroupBy(letter => letter.Channel))
        {
            long first = channel.Min(letter => letter.Sequence), last = channel.Max(letter => letter.LastSequence);
            if (last - first >= MaxSpan)
            {
                throw new MeshException("MESH2357", $"The dead letters of {channel.Key} span {last - first + 1:N0} messages; at most {MaxSpan:N0} are replayed at a time. Choose fewer with `--since`, `--until` or ids.");
            }

            taken.Add(channel.Key, (first, new BitArray((int)(last - first + 1))));
        }
    }

    /// <summary>Channels with their first and last sequence.</summary>
    public IEnumerable<(string Channel, long First, long Last)> Spans => taken.Select(channel => (channel.Key, channel.Value.First, channel.Value.First + channel.Value.Taken.Length - 1));

    /// <summary>Notes a message as not to be replayed: a table has it, or another letter stands for it.</summary>
    public void Take(string channel, long sequence)
    {
        if (!taken.TryGetValue(channel, out var span)) return;
        long place = sequence - span.First;
        if (place >= 0 && place < span.Taken.Length) span.Taken[(int)place] = true;
    }

    /// <summary>Whether a message is not to be replayed.</summary>
    public bool IsTaken(string channel, long sequence) => taken.TryGetValue(channel, out var span) && span.Taken[(int)(sequence - span.First)];

    /// <summary>The letter of a message; each is asked for once.</summary>
    public DeadLetterEntry? LetterOf(string channel, long sequence)
    {
        if (single.TryGetValue((channel, sequence), out var letter)) return letter;
        if (!ranges.TryGetValue(channel, out var list)) return null;

        // Ranges of several codes may cross; together they have room for exactly the messages that no table has.
        foreach (var range in list)
        {
            if (sequence < range.Sequence || sequence > range.LastSequence || left[range.Id] == 0) continue;
            left[range.Id]--;
            return range;
        }

        return null;
    }
}
