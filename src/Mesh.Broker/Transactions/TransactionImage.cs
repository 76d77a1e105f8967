using System.Collections.Frozen;

namespace Mesh.Broker.Transactions;

/// <summary>What is known of a transactional id at a moment, as it lies on the disk; never changed, only replaced.</summary>
/// <param name="Id">The transactional id.</param>
/// <param name="ProducerId">Its producer's id.</param>
/// <param name="Epoch">The newest epoch given out or used to fence; any older one is fenced.</param>
/// <param name="State">Where its transaction is.</param>
internal sealed record TransactionImage(string Id, long ProducerId, short Epoch, TransactionState State)
{
    private const byte Version = 1;

    /// <summary>Bytes of the shortest partition: the length of an empty topic and the number.</summary>
    private const int MinPartitionBytes = 5;

    /// <summary>The producer id before the epochs ran out; -1 when there was none.</summary>
    public long PreviousProducerId { get; init; } = -1;

    /// <summary>The epoch that was raised at the producer's own wish (KIP-360), from which it may ask again; -1 when it was not.</summary>
    public short LastEpoch { get; init; } = -1;

    public TimeSpan Timeout { get; init; }

    /// <summary>When the transaction began, in milliseconds since 1970; -1 when none did.</summary>
    public long StartedMs { get; init; } = -1;

    /// <summary>When the state last changed, in milliseconds since 1970.</summary>
    public long UpdatedMs { get; init; }

    /// <summary>Partitions that get a marker when the transaction ends.</summary>
    public FrozenSet<TopicPartition> Partitions { get; init; } = [];

    /// <summary>Groups whose offsets belong to the transaction.</summary>
    public FrozenSet<string> Groups { get; init; } = [];

    /// <summary>Whether only a new producer id can fence this producer again.</summary>
    public bool IsEpochExhausted => Epoch >= short.MaxValue - 1;

    public bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    public byte[] Encode()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write((byte)State);
        writer.Write(Id);
        writer.Write(ProducerId);
        writer.Write(Epoch);
        writer.Write(PreviousProducerId);
        writer.Write(LastEpoch);
        writer.Write((long)Timeout.TotalMilliseconds);
        writer.Write(StartedMs);
        writer.Write(UpdatedMs);
        writer.Write(Partitions.Count);
        foreach (var partition in Partitions)
        {
            writer.Write(partition.Topic);
            writer.Write(partition.Partition);
        }

        writer.Write(Groups.Count);
        foreach (string group in Groups) writer.Write(group);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The content is none; one that ends early is an <see cref="EndOfStreamException"/>.</exception>
    public static TransactionImage Decode(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        if (reader.ReadByte() is not Version and var version) throw new InvalidDataException($"a transaction of version {version}");
        var state = (TransactionState)reader.ReadByte();
        if (!Enum.IsDefined(state)) throw new InvalidDataException($"a transaction in state {(byte)state}");
        return new TransactionImage(reader.ReadString(), reader.ReadInt64(), reader.ReadInt16(), state)
        {
            PreviousProducerId = reader.ReadInt64(),
            LastEpoch = reader.ReadInt16(),
            Timeout = TimeSpan.FromMilliseconds(Math.Clamp(reader.ReadInt64(), 0, int.MaxValue)),
            StartedMs = reader.ReadInt64(),
            UpdatedMs = reader.ReadInt64(),
            Partitions = Read(reader, MinPartitionBytes, static reader => new TopicPartition(reader.ReadString(), reader.ReadInt32())),
            Groups = Read(reader, 1, static reader => reader.ReadString()),
        };
    }

    private static FrozenSet<T> Read<T>(BinaryReader reader, int minBytes, Func<BinaryReader, T> element)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / minBytes) throw new InvalidDataException($"a transaction claims {count} elements");
        var elements = new T[count];
        for (int i = 0; i < count; i++) elements[i] = element(reader);
        return elements.ToFrozenSet();
    }
}
