using Mesh.Synchronise.Watermarks;

namespace Mesh.Synchronise.Tests.Watermarks;

/// <summary>Writes down what a buffer lets go, as <c>channel@stamp#sequence</c>.</summary>
internal sealed class OrderedSink : IWatermarkSink<string>
{
    public List<string> Events { get; } = [];

    public void Released(int channel, long stampNs, long sequence, string item) => Events.Add(item);

    public void Late(int channel, long stampNs, long sequence, string item, long latenessNs, LateReason reason) => Events.Add($"{item} {reason} {latenessNs}");

    public void SegmentStarted() => Events.Add("segment");
}
