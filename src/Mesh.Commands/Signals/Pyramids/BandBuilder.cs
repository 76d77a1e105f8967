using System.Text;
using Mesh.Columnar;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Joins equal truth values or texts of a channel to runs. A gap in time ends a run, so does a sample without a value.</summary>
internal sealed class BandBuilder(SignalLeaf leaf)
{
    /// <summary>Most different texts; a signal with more is not drawn: it is a log, not a state.</summary>
    public const int MaxLabels = 256;

    /// <summary>Longest text that can be a label, in bytes.</summary>
    public const int MaxLabelBytes = 256;

    /// <summary>Most runs of a signal: 10 MB of the file.</summary>
    public const int MaxRuns = 250_000;

    private readonly Dictionary<string, int> indexes = new(StringComparer.Ordinal);
    private readonly byte[] lastText = new byte[MaxLabelBytes];
    private int lastLength = -1;
    private int lastLabel;
    private BandRun run;
    private bool isOpen;

    /// <summary>The place that the values are from.</summary>
    public SignalLeaf Leaf => leaf;

    /// <summary>The runs, complete after <see cref="Finish"/>.</summary>
    public List<BandRun> Runs { get; private set; } = [];

    /// <summary>What their labels stand for.</summary>
    public List<string> Labels { get; } = leaf.Kind == SignalKind.Bool ? ["false", "true"] : [];

    /// <summary>Samples with a value.</summary>
    public long Samples { get; private set; }

    /// <summary>Why it is not drawn; null when it is.</summary>
    public string? Reason { get; private set; }

    /// <summary>Adds a sample.</summary>
    /// <param name="chain">The column and those above it.</param>
    /// <param name="index">Row in the batch.</param>
    /// <param name="row">Row in the channel.</param>
    /// <param name="timeNs">When.</param>
    /// <param name="afterGap">Whether the recording has a gap before it.</param>
    public void Add(ColumnVector[] chain, int index, long row, long timeNs, bool afterGap)
    {
        if (Reason is not null) return;
        if (afterGap) Close();
        if (SignalLeaf.IsAbsent(chain, index))
        {
            Close();
            return;
        }

        Samples++;
        int label = leaf.Kind == SignalKind.Bool ? (chain[^1].GetBoolean(index) ? 1 : 0) : LabelOf(chain[^1].GetBytes(index));
        if (label < 0) return;
        if (isOpen && run.Label == label)
        {
            run.EndRow = row + 1;
            run.LastTimeNs = timeNs;
            return;
        }

        Close();
        run = new BandRun { FirstRow = row, EndRow = row + 1, FirstTimeNs = timeNs, LastTimeNs = timeNs, Label = label };
        isOpen = true;
    }

    /// <summary>Ends the last run.</summary>
    public void Finish() => Close();

    private void Close()
    {
        if (!isOpen) return;
        isOpen = false;
        Runs.Add(run);
        if (Runs.Count > MaxRuns) GiveUp($"it changes more often than {MaxRuns:N0} times");
    }

    private int LabelOf(ReadOnlySpan<byte> text)
    {
        if (text.Length == lastLength && text.SequenceEqual(lastText.AsSpan(0, lastLength))) return lastLabel;
        if (text.Length > MaxLabelBytes)
        {
            GiveUp($"it has texts of more than {MaxLabelBytes} bytes");
            return -1;
        }

        string label = Encoding.UTF8.GetString(text);
        if (!indexes.TryGetValue(label, out int known))
        {
            if (Labels.Count == MaxLabels)
            {
                GiveUp($"it has more than {MaxLabels} different texts");
                return -1;
            }

            indexes.Add(label, known = Labels.Count);
            Labels.Add(label);
        }

        text.CopyTo(lastText);
        (lastLength, lastLabel) = (text.Length, known);
        return known;
    }

    private void GiveUp(string reason)
    {
        Reason = reason;
        Runs = [];
        Labels.Clear();
        isOpen = false;
    }
}
