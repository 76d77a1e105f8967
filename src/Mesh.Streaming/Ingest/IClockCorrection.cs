namespace Mesh.Streaming.Ingest;

/// <summary>The clocks of a recording, once they are known.</summary>
public interface IClockCorrection
{
    /// <summary>The clock of a channel; null when its times are kept.</summary>
    IChannelClock? Of(string channel);
}
