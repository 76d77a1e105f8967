namespace Mesh.Streaming.Ingest;

/// <summary>Takes the stamps of one channel, in file order.</summary>
public interface IChannelStamps
{
    /// <summary>Takes those of the next message.</summary>
    /// <param name="stampNs">The sensor's own stamp, nanoseconds; null when the message has none.</param>
    /// <param name="logTimeNs">When it was recorded, nanoseconds.</param>
    void Add(long? stampNs, long logTimeNs);
}
