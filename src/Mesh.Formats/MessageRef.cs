namespace Mesh.Formats;

/// <summary>Where a message is within a <see cref="MessageBlock"/>, and its times as recorded.</summary>
/// <param name="ChannelIndex">Position in <see cref="RecordingReader.Channels"/>.</param>
/// <param name="Sequence">The recorder's own sequence number, where the format has one; else 0.</param>
/// <param name="LogTimeNs">When it was recorded, nanoseconds; the full unsigned range of the file formats.</param>
/// <param name="PublishTimeNs">When it was published, nanoseconds; equal to the log time where the format has none.</param>
/// <param name="Offset">First byte of the payload in <see cref="MessageBlock.Data"/>.</param>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="FileOffset">Byte position in the recording: of the record itself, or of the chunk that holds it.</param>
public readonly record struct MessageRef(
    int ChannelIndex, uint Sequence, ulong LogTimeNs, ulong PublishTimeNs, int Offset, int Length, long FileOffset)
{
    /// <summary>Whether the payload is in the block; false only with <see cref="RecordingReaderOptions.ListAboveBytes"/>, where <see cref="Length"/> still says how long it is.</summary>
    public bool IsHeld => Offset >= 0;
}
