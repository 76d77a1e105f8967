namespace Mesh.Commands.Media.Frames;

/// <summary>When each frame of a channel was logged, and which row it is: what makes a frame of an hour one look-up.</summary>
internal sealed class FrameIndex
{
    private readonly List<(long TimeNs, long Sequence)> frames = [];

    /// <summary>Frames that the table has, indexed or not.</summary>
    public long Total { get; private set; }

    /// <summary>Frames that are indexed, in order of time once sorted.</summary>
    public IReadOnlyList<(long TimeNs, long Sequence)> Frames => frames;

    /// <summary>About how much memory it takes.</summary>
    public long EstimatedBytes => 16L * frames.Count + 100;

    /// <summary>Adds frames.</summary>
    public void Add(ReadOnlySpan<long> times, ReadOnlySpan<long> sequences, int maxFrames)
    {
        for (int i = 0; i < times.Length; i++)
        {
            Total++;
            if (frames.Count < maxFrames) frames.Add((times[i], sequences[i]));
        }
    }

    /// <summary>Puts them in order.</summary>
    public void Sort()
    {
        frames.Sort();
        frames.TrimExcess();
    }

    /// <summary>Index of the last frame that is not later; -1 when all are.</summary>
    public int FindAt(long timeNs)
    {
        int place = frames.BinarySearch((timeNs, long.MaxValue));
        return place >= 0 ? place : ~place - 1;
    }
}
