using Mesh.Formats;
using Mesh.Formats.Mcap;

namespace Mesh.Fuzz.Targets;

/// <summary>Messages of one channel; as a file, an MCAP of them.</summary>
public sealed record MessageSample : FuzzSample
{
    private MessageSample(string name, byte[] file, RecordingChannel channel, IReadOnlyList<byte[]> payloads, bool hasSchemaOfSample)
        : base(name, file) => (Channel, Payloads, HasSchemaOfSample) = (channel, payloads, hasSchemaOfSample);

    /// <summary>The channel.</summary>
    public RecordingChannel Channel { get; }

    /// <summary>The messages.</summary>
    public IReadOnlyList<byte[]> Payloads { get; }

    /// <summary>Whether the schema is sound.</summary>
    public bool HasSchemaOfSample { get; }

    /// <summary>Makes the file.</summary>
    public static async Task<MessageSample> CreateAsync(string name, RecordingChannel channel, IReadOnlyList<byte[]> payloads, bool hasSchemaOfSample, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream();
        await using var writer = new McapRecordingWriter(stream, new McapWriterOptions { Compression = McapCompression.None });
        int id = writer.AddChannel(channel);
        for (int i = 0; i < payloads.Count; i++) await writer.WriteAsync(id, new MessageRef(0, (uint)i, (ulong)i, (ulong)i, 0, 0, 0), payloads[i], cancellationToken);
        await writer.CompleteAsync(cancellationToken);
        return new MessageSample(name, stream.ToArray(), channel, payloads, hasSchemaOfSample);
    }
}
