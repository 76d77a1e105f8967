using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>A message on its way through a sort.</summary>
/// <param name="Channel">Channel of the output.</param>
/// <param name="Sequence">The recorder's sequence.</param>
/// <param name="LogTimeNs">Log time, nanoseconds.</param>
/// <param name="PublishTimeNs">Publish time, nanoseconds.</param>
/// <param name="Length">Bytes of the payload.</param>
internal readonly record struct SortedMessage(int Channel, uint Sequence, ulong LogTimeNs, ulong PublishTimeNs, int Length)
{
    public MessageRef ToRef() => new(Channel, Sequence, LogTimeNs, PublishTimeNs, 0, Length, 0);
}
