namespace Mesh.Formats.Mdf4;

/// <summary>The messages of the block handed out; its arrays are reused from block to block.</summary>
internal sealed class Mdf4Run
{
    /// <summary>Most messages in one block: their references and times are of some size too.</summary>
    public const int MaxMessages = 32_768;

    private readonly MessageBlock block = new();
    private MessageRef[] messages = [];
    private ulong[] times = [];
    private int[] ends = [];

    /// <summary>Room for the times of records.</summary>
    public Memory<ulong> Times(int count)
    {
        if (times.Length < count) times = new ulong[Math.Max(count, Math.Min(MaxMessages, times.Length * 2))];
        return times.AsMemory(0, count);
    }

    /// <summary>Room for where each message ends, for messages of unequal length.</summary>
    public Span<int> Ends(int count)
    {
        if (ends.Length < count) ends = new int[Math.Max(count, Math.Min(MaxMessages, ends.Length * 2))];
        return ends.AsSpan(0, count);
    }

    /// <summary>Messages at equal distances; their times were put into <see cref="Times"/>.</summary>
    public MessageBlock? Fixed(
        ReadOnlyMemory<byte> data, int channel, int first, int stride, int length, int count, long index, long fileOffset, int fileStride, RecordingQuery query)
    {
        Room(count);
        int kept = 0;
        ulong from = query.StartTimeNs, to = query.EndTimeNs;
        var target = messages;
        for (int i = 0; i < count; i++)
        {
            ulong time = times[i];
            if (time < from || time > to) continue;
            target[kept++] = new MessageRef(channel, (uint)(index + i), time, time, first + (i * stride), length, fileOffset + ((long)i * fileStride));
        }

        return Block(data, kept);
    }

    /// <summary>Messages one after the other, of the lengths in <see cref="Ends"/>.</summary>
    public MessageBlock? Variable(ReadOnlyMemory<byte> data, int channel, int count, long index, long fileOffset, int fileStride, RecordingQuery query)
    {
        Room(count);
        int kept = 0, at = 0;
        for (int i = 0; i < count; i++)
        {
            ulong time = times[i];
            int length = ends[i] - at;
            if (time >= query.StartTimeNs && time <= query.EndTimeNs)
            {
                messages[kept++] = new MessageRef(channel, (uint)(index + i), time, time, at, length, fileOffset + ((long)i * fileStride));
            }

            at = ends[i];
        }

        return Block(data, kept);
    }

    private MessageBlock? Block(ReadOnlyMemory<byte> data, int kept)
    {
        if (kept == 0) return null;
        block.Data = data;
        block.Messages = messages.AsMemory(0, kept);
        return block;
    }

    private void Room(int count)
    {
        if (messages.Length < count) messages = new MessageRef[Math.Max(count, Math.Min(MaxMessages, messages.Length * 2))];
    }
}
