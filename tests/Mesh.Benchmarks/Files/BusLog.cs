using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Mesh.Benchmarks.Files;

/// <summary>
/// A CAN log as loggers write it: unsorted, a record id of one byte before each record, 64 identifiers on two buses; data bytes in the record (MLSD) or
/// in a group of values (VLSD). Every frame has 18 channels.
/// </summary>
internal static class BusLog
{
    private const int Ids = 64;
    private const int FrameBytes = 25;

    /// <summary>Data bytes in the record.</summary>
    public static void WriteMaximumLength(string path, MdfRawCompression compression, long frames)
    {
        using var file = new MdfRawFile(path, compression);
        var random = new Random(21);
        byte[] record = new byte[1 + FrameBytes + 8];
        record[0] = 1;
        file.BeginData(1);
        for (long i = 0; i < frames; i++)
        {
            Fill(record.AsSpan(1), i, random);
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1 + FrameBytes), Payload(i, random));
            file.Append(record);
        }

        long data = file.EndData();
        long group = file.Group(0, file.Channels(Channels(0)), "CAN_DataFrame", 1, frames, BusEvent, FrameBytes + 8);
        file.Complete(file.DataGroup(0, group, data, 1));
    }

    /// <summary>Data bytes in a group of their own, each value behind its record.</summary>
    public static void WriteVariableLength(string path, MdfRawCompression compression, long frames)
    {
        using var file = new MdfRawFile(path, compression);
        var random = new Random(22);
        byte[] record = new byte[1 + FrameBytes + 8 + 1 + 4 + 8];
        record[0] = 1;
        record[1 + FrameBytes + 8] = 2;
        record[1 + FrameBytes + 8 + 1] = 8;
        file.BeginData(1);
        for (long i = 0; i < frames; i++)
        {
            Fill(record.AsSpan(1), i, random);
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1 + FrameBytes), i * 12);
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(1 + FrameBytes + 8 + 1 + 4), Payload(i, random));
            file.Append(record);
        }

        long data = file.EndData();
        long values = file.Group(0, 0, "", 2, frames, Values, 0, frames * 12);
        long group = file.Group(values, file.Channels(Channels(values)), "CAN_DataFrame", 1, frames, BusEvent, FrameBytes + 8);
        file.Complete(file.DataGroup(0, group, data, 1));
    }

    /// <summary>The database of the log: 64 messages of six signals.</summary>
    public static string Database()
    {
        var text = new StringBuilder("VERSION \"\"\n\nBU_: ECU\n\n");
        for (int id = 0; id < Ids; id++)
        {
            text.Append(CultureInfo.InvariantCulture, $"BO_ {0x100 + id} M{id}: 8 ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ speed{id} : 0|16@1+ (0.01,0) [0|655] \"km/h\" ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ torque{id} : 23|12@0- (0.5,-100) [0|0] \"Nm\" ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ state{id} : 24|4@1+ (1,0) [0|15] \"\" ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ temperature{id} : 32|8@1+ (1,-40) [-40|215] \"degC\" ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ counter{id} : 40|8@1+ (1,0) [0|255] \"\" ECU\n");
            text.Append(CultureInfo.InvariantCulture, $" SG_ current{id} : 48|16@1- (0.1,0) [0|0] \"A\" ECU\n\n");
        }

        return text.ToString();
    }

    private const ushort Values = 1, BusEvent = 6;

    private static MdfRawChannel[] Channels(long valueGroup) =>
    [
        new("Timestamp", MdfRawChannel.Float, 0, 64) { Type = MdfRawChannel.Master },
        new("CAN_DataFrame", MdfRawChannel.Bytes, 8, (FrameBytes + 8 - 8) * 8)
        {
            Members =
            [
                new("CAN_DataFrame.BusChannel", MdfRawChannel.Unsigned, 8, 8),
                new("CAN_DataFrame.ID", MdfRawChannel.Unsigned, 9, 29),
                new("CAN_DataFrame.IDE", MdfRawChannel.Unsigned, 12, 1, 7),
                new("CAN_DataFrame.DLC", MdfRawChannel.Unsigned, 13, 4),
                new("CAN_DataFrame.Dir", MdfRawChannel.Unsigned, 13, 1, 4),
                new("CAN_DataFrame.SRR", MdfRawChannel.Unsigned, 13, 1, 5),
                new("CAN_DataFrame.EDL", MdfRawChannel.Unsigned, 13, 1, 6),
                new("CAN_DataFrame.BRS", MdfRawChannel.Unsigned, 13, 1, 7),
                new("CAN_DataFrame.ESI", MdfRawChannel.Unsigned, 15, 1),
                new("CAN_DataFrame.WakeUp", MdfRawChannel.Unsigned, 15, 1, 1),
                new("CAN_DataFrame.SingleWire", MdfRawChannel.Unsigned, 15, 1, 2),
                new("CAN_DataFrame.DataBytes", MdfRawChannel.Bytes, FrameBytes, 64)
                {
                    Type = valueGroup == 0 ? MdfRawChannel.MaximumLength : MdfRawChannel.Variable, Data = valueGroup, SizeIndex = valueGroup == 0 ? 0 : -1,
                },
                new("CAN_DataFrame.DataLength", MdfRawChannel.Unsigned, 14, 8) { IsSize = true },
                new("CAN_DataFrame.FrameDuration", MdfRawChannel.Unsigned, 16, 32) { Factor = 1e-9 },
                new("CAN_DataFrame.BitCount", MdfRawChannel.Unsigned, 20, 16),
                new("CAN_DataFrame.CRC", MdfRawChannel.Unsigned, 22, 24),
            ],
        },
    ];

    private static void Fill(Span<byte> record, long index, Random random)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(record, index * 0.000_125);
        int id = random.Next(Ids);
        record[8] = (byte)(1 + (id & 1));
        BinaryPrimitives.WriteUInt32LittleEndian(record[9..], (uint)(0x100 + id));
        record[13] = (byte)(8 | ((id & 2) << 3));
        record[14] = 8;
        record[15] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(record[16..], 230_000);
        BinaryPrimitives.WriteUInt16LittleEndian(record[20..], 115);
        BinaryPrimitives.WriteUInt16LittleEndian(record[22..], (ushort)(index * 77));
    }

    private static long Payload(long index, Random random) =>
        (uint)(index / 50) | ((long)random.Next(1 << 8) << 32) | ((index & 0xff) << 40) | (((index / 1000) & 0x7fff) << 48);
}
