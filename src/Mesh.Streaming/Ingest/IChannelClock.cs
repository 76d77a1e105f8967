namespace Mesh.Streaming.Ingest;

/// <summary>Corrects the times of one channel.</summary>
public interface IChannelClock
{
    /// <summary>Whether the sensor's own stamps are of use; else the channel's sensor time is its log time.</summary>
    bool UsesStamps { get; }

    /// <summary>Corrects a run of messages; all spans are as long.</summary>
    /// <param name="isStamped">Which sensor times are the sensor's own stamps.</param>
    /// <param name="logTimesNs">When they were recorded; replaced by the same instants in true time.</param>
    /// <param name="sensorTimesNs">Sensor times; replaced by the same instants on the host's clock, or in true time.</param>
    /// <param name="errorsNs">Receives half widths of the band of the sensor times, −1 where there is none.</param>
    void Correct(ReadOnlySpan<bool> isStamped, Span<long> logTimesNs, Span<long> sensorTimesNs, Span<long> errorsNs);
}
