namespace Mesh.Streaming.Ingest;

/// <summary>Takes the timestamps of a recording in a first pass, so that clocks are known before the second decodes it.</summary>
public interface IClockStamps
{
    /// <summary>Takes the stamps of a channel; null when they are not wanted.</summary>
    IChannelStamps? Of(string channel);

    /// <summary>Whether a channel's time is the truth.</summary>
    bool IsTruth(string channel);

    /// <summary>An instant on both clocks.</summary>
    /// <param name="hostNs">On the host's, nanoseconds.</param>
    /// <param name="trueNs">True time, nanoseconds.</param>
    /// <param name="isExact">Whether both were taken at the same instant; else the host's is later by the delay of the path.</param>
    void AddTruth(long hostNs, long trueNs, bool isExact);
}
