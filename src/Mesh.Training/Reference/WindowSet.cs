namespace Mesh.Training.Reference;

/// <summary>
/// Windows of consecutive frames with one label each: the label most frames have, the middle frame's on a tie. A window with a missing
/// sample, a missing label or a gap in the sequence is left out and counted.
/// </summary>
internal sealed class WindowSet
{
    private readonly List<float> inputs = [];
    private readonly List<Window> windows = [];
    private readonly List<int> slices = [];
    private readonly IReadOnlyList<string> sliceValues;

    private WindowSet(IReadOnlyList<string> classes, int frames, IReadOnlyList<string> sliceValues)
    {
        this.sliceValues = sliceValues;
        Classes = classes;
        InputLength = frames * FrameColumns.Channels.Count;
        Frames = frames;
    }

    /// <summary>Frames per window.</summary>
    public int Frames { get; }

    /// <summary>Class names in ordinal order; the model's outputs.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Values per window, frame by frame.</summary>
    public int InputLength { get; }

    /// <summary>The windows, by recording and time.</summary>
    public IReadOnlyList<Window> Windows => windows;

    /// <summary>Windows left out for a missing sample.</summary>
    public int WithMissingSamples { get; private set; }

    /// <summary>Windows left out for a missing label.</summary>
    public int WithoutLabel { get; private set; }

    /// <summary>Windows left out because frames are missing between theirs.</summary>
    public int WithGaps { get; private set; }

    /// <summary>Values of a window.</summary>
    public ReadOnlySpan<float> InputOf(int window) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(inputs).Slice(window * InputLength, InputLength);

    /// <summary>Value of a slice column (<see cref="FrameColumns.SliceNames"/>) at a window's middle frame; null for none.</summary>
    public string? SliceOf(int window, int slice) => slices[window * FrameColumns.SliceNames.Count + slice] is >= 0 and var id ? sliceValues[id] : null;

    /// <summary>Cuts recordings into windows.</summary>
    public static WindowSet Cut(FrameSet frames, int window, int stride)
    {
        // Ids follow the order in which labels were met, which depends on the files; classes must not.
        string[] classes = [.. frames.Labels.Order(StringComparer.Ordinal)];
        int[] classOf = [.. frames.Labels.Select(label => Array.IndexOf(classes, label))];
        var set = new WindowSet(classes, window, frames.SliceValues);
        int[] votes = new int[classes.Length];
        foreach (var recording in frames.Recordings)
        {
            for (int start = 0; start + window <= recording.Count; start += stride) set.TryAdd(recording, start, classOf, votes);
        }

        return set;
    }

    private void TryAdd(FrameSet.Recording recording, int start, int[] classOf, int[] votes)
    {
        if (recording.SequenceAt(start + Frames - 1) - recording.SequenceAt(start) != Frames - 1)
        {
            WithGaps++;
            return;
        }

        var values = recording.SignalsAt(start, Frames);
        foreach (float value in values)
        {
            if (float.IsFinite(value)) continue;
            WithMissingSamples++;
            return;
        }

        Array.Clear(votes);
        for (int frame = start; frame < start + Frames; frame++)
        {
            int label = recording.LabelAt(frame);
            if (label < 0)
            {
                WithoutLabel++;
                return;
            }

            votes[classOf[label]]++;
        }

        int winner = classOf[recording.LabelAt(start + Frames / 2)];
        for (int i = 0; i < votes.Length; i++)
        {
            if (votes[i] > votes[winner]) winner = i;
        }

        for (int slice = 0; slice < FrameColumns.SliceNames.Count; slice++) slices.Add(recording.SliceAt(start + Frames / 2, slice));
        inputs.AddRange(values);
        windows.Add(new Window(recording.Id, recording.SequenceAt(start), winner));
    }

    /// <summary>A window.</summary>
    /// <param name="Recording">Its recording.</param>
    /// <param name="Start">Sequence number of its first frame.</param>
    /// <param name="Class">Index of its label.</param>
    internal readonly record struct Window(string Recording, long Start, int Class);
}
