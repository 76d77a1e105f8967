using System.Buffers.Binary;

namespace Mesh.Broker.Protocol;

/// <summary>The fixed part of a record batch v2 (Kafka message format, "Record Batch"). The checksum covers everything from the attributes on.</summary>
internal readonly record struct RecordBatchHeader
{
    /// <summary>Bytes before the first record.</summary>
    public const int Size = 61;

    /// <summary>Bytes that <see cref="BatchLength"/> does not count: the base offset and the length itself.</summary>
    public const int LengthPrefix = 12;

    /// <summary>Where the checksummed part begins.</summary>
    public const int ChecksummedFrom = 21;

    public const int LogAppendTimeBit = 0x08;
    public const int TransactionalBit = 0x10;
    public const int ControlBit = 0x20;

    /// <summary>The base timestamp is the time from which the batch's tombstones may go (KIP-534).</summary>
    public const int DeleteHorizonBit = 0x40;

    public required long BaseOffset { get; init; }
    public required int BatchLength { get; init; }
    public int LeaderEpoch { get; init; }
    public required byte Magic { get; init; }
    public required uint Crc { get; init; }
    public required short Attributes { get; init; }
    public required int LastOffsetDelta { get; init; }
    public required long BaseTimestamp { get; init; }
    public required long MaxTimestamp { get; init; }
    public required long ProducerId { get; init; }
    public required short ProducerEpoch { get; init; }
    public required int BaseSequence { get; init; }
    public required int RecordCount { get; init; }

    /// <summary>Bytes of the whole batch in the log.</summary>
    public long TotalBytes => (long)BatchLength + LengthPrefix;

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long NextOffset => LastOffset + 1;

    public int Compression => Attributes & 0x07;

    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    public bool IsControl => (Attributes & ControlBit) != 0;

    public bool HasDeleteHorizon => (Attributes & DeleteHorizonBit) != 0;

    /// <summary>Sequence numbers wrap from 2^31 - 1 to 0.</summary>
    public int LastSequence => BaseSequence < 0 ? BaseSequence : (int)(((long)BaseSequence + LastOffsetDelta) & int.MaxValue);

    /// <param name="batch">At least <see cref="Size"/> bytes.</param>
    public static RecordBatchHeader Read(ReadOnlySpan<byte> batch) => new()
    {
        BaseOffset = BinaryPrimitives.ReadInt64BigEndian(batch),
        BatchLength = BinaryPrimitives.ReadInt32BigEndian(batch[8..]),
        LeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(batch[12..]),
        Magic = batch[16],
        Crc = BinaryPrimitives.ReadUInt32BigEndian(batch[17..]),
        Attributes = BinaryPrimitives.ReadInt16BigEndian(batch[21..]),
        LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(batch[23..]),
        BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(batch[27..]),
        MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(batch[35..]),
        ProducerId = BinaryPrimitives.ReadInt64BigEndian(batch[43..]),
        ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(batch[51..]),
        BaseSequence = BinaryPrimitives.ReadInt32BigEndian(batch[53..]),
        RecordCount = BinaryPrimitives.ReadInt32BigEndian(batch[57..]),
    };

    /// <summary>Gives a batch its place in the log. Both fields lie outside the checksum.</summary>
    public static void Place(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[12..], leaderEpoch);
    }

    /// <summary>Gives every record of a batch the time of its append.</summary>
    public static RecordBatchHeader StampAppendTime(Span<byte> batch, RecordBatchHeader header, long nowMs)
    {
        header = header with { Attributes = (short)(header.Attributes | LogAppendTimeBit), MaxTimestamp = nowMs };
        BinaryPrimitives.WriteInt16BigEndian(batch[21..], header.Attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[35..], nowMs);
        return header with { Crc = Seal(batch) };
    }

    /// <summary>Makes the checksum right.</summary>
    public static uint Seal(Span<byte> batch)
    {
        uint crc = Crc32C.Compute(batch[ChecksummedFrom..]);
        BinaryPrimitives.WriteUInt32BigEndian(batch[17..], crc);
        return crc;
    }
}
