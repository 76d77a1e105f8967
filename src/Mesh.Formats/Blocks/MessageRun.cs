namespace Mesh.Formats.Blocks;

/// <summary>The messages of the block being read; its arrays are reused from block to block.</summary>
internal class MessageRun
{
    private readonly MessageBlock block = new();
    private MessageRef[] messages = new MessageRef[256];

    public int Count { get; private set; }

    public Span<MessageRef> Messages => messages.AsSpan(0, Count);

    public virtual void Clear() => Count = 0;

    /// <summary>Drops the messages from the <paramref name="count"/>th on.</summary>
    public void Truncate(int count) => Count = count;

    public void Add(in MessageRef message)
    {
        if (Count == messages.Length) Array.Resize(ref messages, Count * 2);
        messages[Count++] = message;
    }

    /// <summary>Adds a message for the caller to write.</summary>
    public ref MessageRef Next()
    {
        if (Count == messages.Length) Array.Resize(ref messages, Count * 2);
        return ref messages[Count++];
    }

    /// <summary>Takes back the message added last.</summary>
    public void RemoveLast() => Count--;

    /// <summary>Keeps the messages that satisfy the query.</summary>
    public void Keep(RecordingQuery query, bool[]? wantedChannels)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            ref readonly var message = ref messages[i];
            if (message.LogTimeNs < query.StartTimeNs || message.LogTimeNs > query.EndTimeNs) continue;
            if (wantedChannels is not null && !wantedChannels[message.ChannelIndex]) continue;
            messages[kept++] = message;
        }

        Count = kept;
    }

    /// <summary>Puts the messages into log-time order; messages of equal time stay in file order.</summary>
    public void SortByLogTime()
    {
        var span = Messages;
        for (int i = 1; i < span.Length; i++)
        {
            if (span[i].LogTimeNs >= span[i - 1].LogTimeNs) continue;
            span.Sort(default(ByLogTime));
            return;
        }
    }

    public MessageBlock ToBlock(ReadOnlyMemory<byte> data) => ToBlock(data, 0, Count);

    /// <summary>A block of some of the messages.</summary>
    public MessageBlock ToBlock(ReadOnlyMemory<byte> data, int from, int count)
    {
        block.Data = data;
        block.Messages = messages.AsMemory(from, count);
        return block;
    }

    private readonly struct ByLogTime : IComparer<MessageRef>
    {
        public int Compare(MessageRef x, MessageRef y)
        {
            int byTime = x.LogTimeNs.CompareTo(y.LogTimeNs);
            return byTime != 0 ? byTime : x.Offset.CompareTo(y.Offset);
        }
    }
}
