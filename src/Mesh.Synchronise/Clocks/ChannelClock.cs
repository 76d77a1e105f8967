using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise.Clocks;

/// <summary>Sensor stamps to host time by the channel's own model, host times to true time by the recording's.</summary>
/// <param name="own">Model of the sensor's clock; null for none.</param>
/// <param name="truth">Model of the host's clock against true time; null when the host's time counts.</param>
/// <param name="usesStamps">False when the sensor's clock was refused.</param>
internal sealed class ChannelClock(ClockModel? own, ClockModel? truth, bool usesStamps) : IChannelClock
{
    public bool UsesStamps => usesStamps;

    public void Correct(ReadOnlySpan<bool> isStamped, Span<long> logTimesNs, Span<long> sensorTimesNs, Span<long> errorsNs)
    {
        for (int i = 0; i < logTimesNs.Length; i++)
        {
            errorsNs[i] = -1;
            if (own is not null && isStamped[i])
            {
                // A clock that stepped back shows a time twice: when the message was received tells which one is meant.
                var segment = own.SegmentAt(logTimesNs[i]);
                errorsNs[i] = own.HalfWidthNs(sensorTimesNs[i], logTimesNs[i]);
                sensorTimesNs[i] = segment.ToHost(sensorTimesNs[i]);
            }

            if (truth is null) continue;
            var host = truth.SegmentAt(sensorTimesNs[i]);
            if (errorsNs[i] >= 0) errorsNs[i] = (long)Math.Min((ulong)errorsNs[i] + (ulong)host.HalfWidthAt(sensorTimesNs[i]), long.MaxValue);
            sensorTimesNs[i] = host.ToHost(sensorTimesNs[i]);
            logTimesNs[i] = truth.SegmentAt(logTimesNs[i]).ToHost(logTimesNs[i]);
        }
    }
}
