using Mesh.Model;

namespace Mesh.Synchronise.Matching;

/// <summary>
/// Joins messages of several channels into sets of one message per channel. Single-threaded and without clocks or I/O: decisions depend on
/// the calls alone and go to the <see cref="IMatchSink"/> from within them.
/// </summary>
/// <remarks>
/// Any <see cref="long"/> is a valid stamp: differences and sums saturate at the ends of the range instead of wrapping, so that a hostile
/// stamp is merely very far away. Within ±146 years of each other stamps are compared exactly.
/// </remarks>
public abstract class SetMatcher
{
    /// <summary>Most channels a matcher joins.</summary>
    public const int MaxChannels = 64;

    private bool completed;

    private protected SetMatcher(int channels, IMatchSink sink)
    {
        if (channels is < 1 or > MaxChannels)
        {
            throw new MeshException("MESH3101", $"A matcher joins 1 to {MaxChannels} channels, not {channels}. Name fewer channels, or match them in groups.");
        }

        Channels = channels;
        Sink = sink;
    }

    /// <summary>Number of channels; they are numbered from 0.</summary>
    public int Channels { get; }

    private protected IMatchSink Sink { get; }

    /// <summary>Takes the next message in order of arrival.</summary>
    /// <param name="channel">0-based channel.</param>
    /// <param name="stampNs">When it was measured, nanoseconds.</param>
    /// <param name="arrivalNs">When it was received, nanoseconds; only <see cref="LatestTimeMatcher"/> looks at it.</param>
    /// <param name="message">Handle the sink gets back, 0 or above.</param>
    public void Add(int channel, long stampNs, long arrivalNs, long message)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(message);
        if ((uint)channel >= (uint)Channels) throw new ArgumentOutOfRangeException(nameof(channel), channel, $"The matcher has {Channels} channels.");
        if (completed) throw new InvalidOperationException("The recording is complete; nothing can be added.");
        Take(channel, stampNs, arrivalNs, message);
    }

    /// <summary>End of the recording: what is left is matched where the policy may, and dropped with a reason otherwise. Nothing can be added afterwards.</summary>
    public void Complete()
    {
        if (completed) return;
        completed = true;
        Finish();
    }

    private protected abstract void Take(int channel, long stampNs, long arrivalNs, long message);

    private protected abstract void Finish();
}
