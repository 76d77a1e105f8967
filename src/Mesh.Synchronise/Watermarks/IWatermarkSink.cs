namespace Mesh.Synchronise.Watermarks;

/// <summary>Receives what a <see cref="WatermarkBuffer{T}"/> lets go, from within its calls. Must not call back into the buffer.</summary>
/// <typeparam name="T">What is buffered.</typeparam>
public interface IWatermarkSink<T>
{
    /// <summary>A message whose turn has come: keys (stamp, channel, sequence) never decrease within a segment.</summary>
    void Released(int channel, long stampNs, long sequence, T item);

    /// <summary>A message that came after its turn and was not put in.</summary>
    /// <param name="latenessNs">How far its stamp lies before the watermark, nanoseconds; 0 for an outlier.</param>
    /// <param name="reason">Why it was not put in.</param>
    void Late(int channel, long stampNs, long sequence, T item, long latenessNs, LateReason reason);

    /// <summary>
    /// The stamps jumped back and stay there (a log that was looped or rewound): everything before has been released, and keys start anew.
    /// </summary>
    void SegmentStarted();
}
