using System.Buffers.Binary;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Header of a record (format 2.0, "Records": <c>header_len, header, data_len, data</c>; a header is fields of <c>field_len, name=value</c>).
/// Positions count from the record's first byte.
/// </summary>
internal struct Ros1BagRecord
{
    /// <summary>Longest header taken for one, in bytes. A connection's topic is the only long thing in it.</summary>
    public const int MaxHeaderBytes = 1 << 16;

    private const int MinHeaderBytes = 8;

    private Fields present;

    [Flags]
    private enum Fields
    {
        None = 0,
        Op = 1,
        Connection = 1 << 1,
        Time = 1 << 2,
        IndexPosition = 1 << 3,
        ConnectionCount = 1 << 4,
        ChunkCount = 1 << 5,
        Version = 1 << 6,
        Count = 1 << 7,
        Compression = 1 << 8,
        Size = 1 << 9,
        ChunkPosition = 1 << 10,
        StartTime = 1 << 11,
        EndTime = 1 << 12,
        Topic = 1 << 13,
        Encryptor = 1 << 14,
        Malformed = 1 << 15,
    }

    public Ros1BagOp Op { get; private set; }

    public int HeaderBytes { get; private set; }

    public uint DataBytes { get; private set; }

    public uint Connection { get; private set; }

    public uint Count { get; private set; }

    public uint Version { get; private set; }

    public uint Size { get; private set; }

    public uint ConnectionCount { get; private set; }

    public uint ChunkCount { get; private set; }

    public ulong IndexPosition { get; private set; }

    public ulong ChunkPosition { get; private set; }

    public ulong TimeNs { get; private set; }

    public ulong StartTimeNs { get; private set; }

    public ulong EndTimeNs { get; private set; }

    /// <summary>Where the record's text is: a connection's topic, a chunk's compression, a bag header's encryptor.</summary>
    public Range Text { get; private set; }

    /// <summary>Position of the data.</summary>
    public readonly int DataOffset => sizeof(uint) + HeaderBytes + sizeof(uint);

    public readonly long TotalBytes => DataOffset + (long)DataBytes;

    public static ulong ToNanoseconds(uint seconds, uint nanoseconds) => seconds * 1_000_000_000UL + nanoseconds;

    public static ulong ReadTime(ReadOnlySpan<byte> bytes) =>
        ToNanoseconds(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));

    /// <summary>Reads a record's header and the length of its data, which need not be in <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Bytes from the record's first on.</param>
    /// <param name="record">The header; its op is <see cref="Ros1BagOp.Unknown"/> when the fields are none of a known kind's.</param>
    public static Ros1BagParse TryParse(ReadOnlySpan<byte> bytes, out Ros1BagRecord record)
    {
        record = default;
        if (bytes.Length < sizeof(uint)) return Ros1BagParse.NeedMoreBytes;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length is < MinHeaderBytes or > MaxHeaderBytes) return Ros1BagParse.NotARecord;
        int end = sizeof(uint) + (int)length;

        // What is there of the fields decides early, so that a wrong length does not pass for a short file.
        int available = Math.Min(end, bytes.Length);
        int at = sizeof(uint);
        while (at < end)
        {
            if (available - at < sizeof(uint)) return available < end ? Ros1BagParse.NeedMoreBytes : Ros1BagParse.NotARecord;
            uint fieldLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            at += sizeof(uint);
            if (fieldLength < 2 || fieldLength > end - at) return Ros1BagParse.NotARecord;
            if (fieldLength > available - at) return Ros1BagParse.NeedMoreBytes;
            var field = bytes.Slice(at, (int)fieldLength);
            int equals = field.IndexOf((byte)'=');
            if (equals <= 0) return Ros1BagParse.NotARecord;
            record.Take(field[..equals], field[(equals + 1)..], at + equals + 1);
            at += (int)fieldLength;
        }

        if (bytes.Length - end < sizeof(uint)) return Ros1BagParse.NeedMoreBytes;
        record.HeaderBytes = (int)length;
        record.DataBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]);
        if (!record.IsComplete()) record.Op = Ros1BagOp.Unknown;
        return Ros1BagParse.Record;
    }

    /// <summary>Whether the bag header names an encryptor other than the one that does nothing.</summary>
    public readonly bool IsEncrypted(ReadOnlySpan<byte> bytes) =>
        (present & Fields.Encryptor) != 0 && bytes[Text].Length > 0 && !bytes[Text].SequenceEqual("rosbag/NoEncryptor"u8);

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int valueOffset)
    {
        var field = name switch
        {
            _ when name.SequenceEqual("op"u8) => Fields.Op,
            _ when name.SequenceEqual("conn"u8) => Fields.Connection,
            _ when name.SequenceEqual("time"u8) => Fields.Time,
            _ when name.SequenceEqual("index_pos"u8) => Fields.IndexPosition,
            _ when name.SequenceEqual("conn_count"u8) => Fields.ConnectionCount,
            _ when name.SequenceEqual("chunk_count"u8) => Fields.ChunkCount,
            _ when name.SequenceEqual("ver"u8) => Fields.Version,
            _ when name.SequenceEqual("count"u8) => Fields.Count,
            _ when name.SequenceEqual("compression"u8) => Fields.Compression,
            _ when name.SequenceEqual("size"u8) => Fields.Size,
            _ when name.SequenceEqual("chunk_pos"u8) => Fields.ChunkPosition,
            _ when name.SequenceEqual("start_time"u8) => Fields.StartTime,
            _ when name.SequenceEqual("end_time"u8) => Fields.EndTime,
            _ when name.SequenceEqual("topic"u8) => Fields.Topic,
            _ when name.SequenceEqual("encryptor"u8) => Fields.Encryptor,
            _ => Fields.None,
        };
        int bytes = field switch
        {
            Fields.None or Fields.Compression or Fields.Topic or Fields.Encryptor => value.Length,
            Fields.Op => 1,
            Fields.Time or Fields.IndexPosition or Fields.ChunkPosition or Fields.StartTime or Fields.EndTime => sizeof(ulong),
            _ => sizeof(uint),
        };
        if (value.Length != bytes || (present & field) != 0)
        {
            present |= Fields.Malformed;
            return;
        }

        present |= field;
        switch (field)
        {
            case Fields.Op: Op = (Ros1BagOp)value[0]; break;
            case Fields.Time: TimeNs = ReadTime(value); break;
            case Fields.StartTime: StartTimeNs = ReadTime(value); break;
            case Fields.EndTime: EndTimeNs = ReadTime(value); break;
            case Fields.IndexPosition: IndexPosition = BinaryPrimitives.ReadUInt64LittleEndian(value); break;
            case Fields.ChunkPosition: ChunkPosition = BinaryPrimitives.ReadUInt64LittleEndian(value); break;
            case Fields.Connection: Connection = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.ConnectionCount: ConnectionCount = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.ChunkCount: ChunkCount = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.Version: Version = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.Count: Count = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.Size: Size = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
            case Fields.Compression or Fields.Topic or Fields.Encryptor: Text = valueOffset..(valueOffset + value.Length); break;
        }
    }

    private readonly bool IsComplete()
    {
        const Fields Index = Fields.Op | Fields.Version | Fields.Count;
        Fields needed = Op switch
        {
            Ros1BagOp.Message => Fields.Op | Fields.Connection | Fields.Time,
            Ros1BagOp.BagHeader => Fields.Op | Fields.IndexPosition | Fields.ConnectionCount | Fields.ChunkCount,
            Ros1BagOp.IndexData => Index | Fields.Connection,
            Ros1BagOp.Chunk => Fields.Op | Fields.Compression | Fields.Size,
            Ros1BagOp.ChunkInfo => Index | Fields.ChunkPosition | Fields.StartTime | Fields.EndTime,
            Ros1BagOp.Connection => Fields.Op | Fields.Connection | Fields.Topic,
            _ => Fields.Malformed,
        };
        return (present & Fields.Malformed) == 0 && (present & needed) == needed;
    }
}
