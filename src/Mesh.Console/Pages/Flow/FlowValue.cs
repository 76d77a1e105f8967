using Mesh.Commands.Flow;
using Mesh.Console.Components;

namespace Mesh.Console.Pages.Flow;

/// <summary>A measured value as text, with the key under which the live stream has it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Text">Its text.</param>
/// <param name="Key">Its key; null when it is not live.</param>
internal sealed record FlowValue(string Name, string Text, string? Key)
{
    /// <summary>Everything that is measured of a node, the most telling first.</summary>
    public static IReadOnlyList<FlowValue> Of(FlowNode node)
    {
        var values = new List<FlowValue>();
        string bare = node.Id[(node.Id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        string? topology = node.Topology.Length > 0 ? node.Topology.Split('@')[0] : null;
        bool isDecode = bare.StartsWith("decode ", StringComparison.Ordinal), isPartition = bare.StartsWith("partition ", StringComparison.Ordinal);
        if (node.OpenLetters is { } open) values.Add(new("open", Format.Count(open), null));
        if (node.Rate is { } rate)
        {
            values.Add(node.RateUnit == "bytes"
                ? new("received", FlowText.Rate(rate, "bytes"), node.Kind == FlowKind.Source ? "rate.bytes" : null)
                : new(node.RateUnit, FlowText.Rate(rate), node.Kind == FlowKind.Topic ? $"topic.{bare}.rate" : isPartition ? $"rate.rows.{topology}" : null));
        }

        if (node.Waiting is { } waiting) values.Add(new("waiting", Format.Count(waiting), isDecode ? $"waiting.{topology}" : null));
        if (node.Working is { } working) values.Add(new("working", Format.Count(working), isDecode ? $"working.{topology}" : null));
        if (node.QueueBytes is { } queue) values.Add(new("under way", Format.Bytes(queue), isDecode ? $"queue.bytes.{topology}" : null));
        if (node.QueueLimitBytes is { } limit) values.Add(new("at most under way", Format.Bytes(limit), null));
        if (node.Records is { } records) values.Add(new("holds", Format.Count(records), $"topic.{bare}.records"));
        if (node.Bytes is { } bytes) values.Add(new("on disk", Format.Bytes(bytes), null));
        return values;
    }
}
