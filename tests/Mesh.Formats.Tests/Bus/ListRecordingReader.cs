using System.Buffers.Binary;
using Mesh.Formats.Mdf;
using Mesh.Model;

namespace Mesh.Formats.Tests.Bus;

/// <summary>A recording made of messages in memory, a block at a time.</summary>
internal sealed class ListRecordingReader(RecordingFormat format, IReadOnlyList<RecordingChannel> channels, IEnumerable<IReadOnlyList<(int Channel, ulong TimeNs, byte[] Payload)>> blocks)
    : RecordingReader
{
    private readonly IEnumerator<IReadOnlyList<(int Channel, ulong TimeNs, byte[] Payload)>> blocks = blocks.GetEnumerator();
    private long position;

    public override RecordingFormat Format => format;

    public override IReadOnlyList<RecordingChannel> Channels => channels;

    public override IReadOnlyList<DataLoss> Losses => [];

    /// <summary>The record of a message of a layout whose variable values follow.</summary>
    public static byte[] Record(byte[] fixedPart, params ReadOnlySpan<byte[]> variable)
    {
        var record = new List<byte>(fixedPart);
        foreach (byte[] value in variable)
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            record.AddRange(length);
            record.AddRange(value);
        }

        return [.. record];
    }

    public static RecordingChannel Channel(int index, MdfRecordLayout layout) =>
        new(index, layout.Group, MdfRecordLayout.MessageEncoding, layout.ToSchema(), new Dictionary<string, string>());

    public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        if (!blocks.MoveNext()) return new((MessageBlock?)null);
        var data = new List<byte>();
        var messages = new List<MessageRef>();
        foreach (var (channel, time, payload) in blocks.Current)
        {
            messages.Add(new MessageRef(channel, 0, time, time, data.Count, payload.Length, position++));
            data.AddRange(payload);
        }

        return new(new MessageBlock { Data = data.ToArray(), Messages = messages.ToArray() });
    }
}
