using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Writes down every decision together with the position of the message that caused it.</summary>
internal sealed class RecordingSink : IMatchSink
{
    public int Position { get; set; }

    public List<(int Position, long[] Messages)> Sets { get; } = [];

    public List<(int Position, int Channel, long Message, DropReason Reason)> Drops { get; } = [];

    public void Matched(ReadOnlySpan<long> messages) => Sets.Add((Position, messages.ToArray()));

    public void Dropped(int channel, long message, DropReason reason) => Drops.Add((Position, channel, message, reason));

    public IEnumerable<string> SetTexts => Sets.Select(set => $"{set.Position}: {string.Join(' ', set.Messages)}");
}
