namespace Mesh.Synchronise.Matching;

/// <summary>
/// A zero-order hold driven by the fastest channel, as ROS 2 message_filters' <c>sync_policies::LatestTime</c>: when a message of the pivot
/// arrives, which is the channel of the highest observed rate that is not late, the latest message of every channel leaves as a set. Looks
/// at times of arrival, not at stamps, and may match a message many times: for live previews, not for training data.
/// </summary>
/// <remarks>
/// The reference stores rates in order of first reception but reads them by channel (ros2/message_filters issue 110); here both go by
/// channel, which is the same when the channels were first received in their order.
/// </remarks>
public sealed class LatestTimeMatcher : SetMatcher
{
    private const long None = -1;
    private readonly ArrivalRate[] rates;
    private readonly long[] latest;
    private readonly bool[] isMatched;
    private int present;

    /// <exception cref="Mesh.Model.MeshException"><c>MESH3101</c>: channels out of range.</exception>
    public LatestTimeMatcher(int channels, IMatchSink sink)
        : base(channels, sink)
    {
        rates = new ArrivalRate[channels];
        latest = new long[channels];
        latest.AsSpan().Fill(None);
        isMatched = new bool[channels];
    }

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        long previous = latest[channel];
        latest[channel] = message;
        if (previous == None)
        {
            rates[channel] = new ArrivalRate(arrivalNs);
            present++;
            return;
        }

        if (!isMatched[channel]) Sink.Dropped(channel, previous, DropReason.Superseded);
        isMatched[channel] = false;
        if (!rates[channel].Update(arrivalNs) || present < Channels || Pivot(arrivalNs) != channel) return;
        isMatched.AsSpan().Fill(true);
        Sink.Matched(latest);
    }

    private protected override void Finish()
    {
        for (int c = 0; c < Channels; c++)
        {
            if (latest[c] != None && !isMatched[c]) Sink.Dropped(c, latest[c], DropReason.EndOfRecording);
        }
    }

    private int Pivot(long nowNs)
    {
        int pivot = -1;
        for (int c = 0; c < Channels; c++)
        {
            if (latest[c] != None && rates[c].CanLead(nowNs) && (pivot < 0 || rates[c].Hertz > rates[pivot].Hertz)) pivot = c;
        }

        return pivot;
    }
}
