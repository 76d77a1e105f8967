namespace Mesh.Broker.Storage;

/// <summary>What an entry of the offsets' log says; the numbers are on the disk.</summary>
internal enum OffsetEntryKind : byte
{
    Commit = 1,
    Pending = 2,
    PendingCommitted = 3,
    PendingAborted = 4,
}

/// <summary>One entry of the offsets' log.</summary>
/// <param name="Kind">What it says.</param>
internal sealed record OffsetEntry(OffsetEntryKind Kind)
{
    /// <summary>Bytes of the shortest change: the length of an empty topic, the partition, whether there is an offset.</summary>
    private const int MinChangeBytes = 6;

    public long ProducerId { get; init; } = -1;

    public string Group { get; init; } = "";

    /// <summary>When it was written; -1 when that is not known.</summary>
    public long TimeMs { get; init; } = -1;

    public IReadOnlyList<OffsetChange> Changes { get; init; } = [];

    public byte[] Encode()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);

        // An entry of the first version begins with the group, whose name is never empty.
        writer.Write((byte)0);
        writer.Write((byte)Kind);
        writer.Write(ProducerId);
        writer.Write(TimeMs);
        writer.Write(Group);
        writer.Write(Changes.Count);
        foreach (var change in Changes)
        {
            writer.Write(change.Topic);
            writer.Write(change.Partition);
            writer.Write(change.Committed is not null);
            if (change.Committed is not { } committed) continue;
            writer.Write(committed.Offset);
            writer.Write(committed.LeaderEpoch);
            writer.Write(committed.Metadata is not null);
            if (committed.Metadata is not null) writer.Write(committed.Metadata);
        }

        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The content is none; one that ends early is an <see cref="EndOfStreamException"/>.</exception>
    public static OffsetEntry Decode(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        if (content[0] != 0) return new OffsetEntry(OffsetEntryKind.Commit) { Group = reader.ReadString(), Changes = ReadChanges(reader) };
        reader.ReadByte();
        var kind = (OffsetEntryKind)reader.ReadByte();
        if (!Enum.IsDefined(kind)) throw new InvalidDataException($"an entry of kind {(byte)kind}");
        return new OffsetEntry(kind) { ProducerId = reader.ReadInt64(), TimeMs = reader.ReadInt64(), Group = reader.ReadString(), Changes = ReadChanges(reader) };
    }

    private static OffsetChange[] ReadChanges(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / MinChangeBytes) throw new InvalidDataException($"an entry claims {count} changes");
        var changes = new OffsetChange[count];
        for (int i = 0; i < count; i++)
        {
            string topic = reader.ReadString();
            int partition = reader.ReadInt32();
            CommittedOffset? committed = reader.ReadBoolean()
                ? new CommittedOffset(reader.ReadInt64(), reader.ReadInt32(), reader.ReadBoolean() ? reader.ReadString() : null)
                : null;
            changes[i] = new OffsetChange(topic, partition, committed);
        }

        return changes;
    }
}
