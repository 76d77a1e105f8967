using Mesh.Formats;
using Mesh.Streaming.Topologies;

namespace Mesh.Decode;

/// <summary>
/// The right schema of channels whose recordings carry a wrong one, or none: an item of <c>decode.schemas</c>. Its text is part of the
/// topology, so that the topology says by itself how everything was decoded.
/// </summary>
/// <param name="Match">Channels meant, by the schema they were recorded with and by topic.</param>
/// <param name="Name">Name of the message type; null for the recorded one.</param>
/// <param name="Encoding">Encoding of the text, <c>ros2msg</c>, <c>ros1msg</c>, <c>jsonschema</c> ...; null for the recorded one.</param>
/// <param name="Text">The schema.</param>
public sealed record SchemaCorrection(ChannelRule Match, string? Name, string? Encoding, string Text)
{
    private readonly byte[] data = System.Text.Encoding.UTF8.GetBytes(Text);

    /// <summary>The channel as it should have been recorded.</summary>
    public RecordingChannel Apply(RecordingChannel channel) => channel with
    {
        Schema = new MessageSchema(Name ?? channel.Schema?.Name ?? "", Encoding ?? channel.Schema?.Encoding ?? "", data),
    };

    /// <summary>Reads an item; what is wrong is reported.</summary>
    internal static SchemaCorrection? Read(TopologyNode node)
    {
        node.AllowKeys("match", "name", "encoding", "text");
        if (node.Get("match") is not { } match || node.Get("text") is not { } text)
        {
            node.Report("A schema needs 'match' with the channels it is for and 'text', the schema itself, for example { match: { topic: /imu }, text: \"float64 x\" }.");
            return null;
        }

        match.AllowKeys("schema", "topic", "vehicle");
        var rule = new ChannelRule(match.Get("schema")?.AsText(), match.Get("topic")?.AsText()) { Vehicle = match.Get("vehicle")?.AsText() };
        if (rule is { Schema: null, Topic: null })
        {
            match.Report("'match' needs 'schema' or 'topic': one schema cannot be right for every channel.");
            return null;
        }

        return new SchemaCorrection(rule, node.Get("name")?.AsText(), node.Get("encoding")?.AsText(), text.AsText());
    }
}
