using System.Buffers.Binary;

namespace Mesh.Benchmarks.Files;

/// <summary>
/// A measurement: groups of 100 channels in records of 382 bytes, doubles, floats and integers, a third of them scaled; signals with noise in their low
/// bits, so that they compress as measured ones do.
/// </summary>
internal static class MeasurementLog
{
    private const int RecordBytes = 8 + (11 * 34);

    /// <summary>Eight sorted groups, four at 1 kHz and four at 100 Hz: 79.2 million values in 180 seconds.</summary>
    public static void WriteSorted(string path, MdfRawCompression compression, int seconds)
    {
        using var file = new MdfRawFile(path, compression);
        var random = new Random(11);
        long[] data = new long[8];
        byte[] record = new byte[RecordBytes];
        for (int group = 0; group < data.Length; group++)
        {
            int hertz = group < 4 ? 1000 : 100;
            file.BeginData(RecordBytes);
            for (int i = 0; i < seconds * hertz; i++)
            {
                Fill(record, i, hertz, random);
                file.Append(record);
            }

            data[group] = file.EndData();
        }

        long next = 0;
        for (int group = data.Length - 1; group >= 0; group--)
        {
            long records = seconds * (group < 4 ? 1000L : 100L);
            long channelGroup = file.Group(0, file.Channels(Channels(group)), $"group {group}", 0, records, 0, RecordBytes);
            next = file.DataGroup(next, channelGroup, data[group], 0);
        }

        file.Complete(next);
    }

    /// <summary>Four groups in one data group, their records alternating: 180,000 of them in 45 seconds.</summary>
    public static void WriteUnsorted(string path, MdfRawCompression compression, int seconds)
    {
        using var file = new MdfRawFile(path, compression);
        var random = new Random(12);
        byte[] record = new byte[1 + RecordBytes];
        file.BeginData(1);
        for (int i = 0; i < seconds * 1000; i++)
        {
            for (int group = 0; group < 4; group++)
            {
                record[0] = (byte)(group + 1);
                Fill(record.AsSpan(1), i, 1000, random);
                file.Append(record);
            }
        }

        long data = file.EndData();
        long next = 0;
        for (int group = 3; group >= 0; group--)
        {
            next = file.Group(next, file.Channels(Channels(group)), $"group {group}", (ulong)(group + 1), seconds * 1000L, 0, RecordBytes);
        }

        file.Complete(file.DataGroup(0, next, data, 1));
    }

    private static List<MdfRawChannel> Channels(int group)
    {
        var channels = new List<MdfRawChannel> { new("time", MdfRawChannel.Float, 0, 64) { Type = MdfRawChannel.Master } };
        int at = 8;
        for (int i = 0; i < 11; i++)
        {
            Add(MdfRawChannel.Float, 64);
            Add(MdfRawChannel.Float, 32);
            Add(MdfRawChannel.Signed, 16, -40, 0.5);
            Add(MdfRawChannel.Unsigned, 16, 0, 0.01);
            Add(MdfRawChannel.Unsigned, 8);
            Add(MdfRawChannel.Signed, 32);
            Add(MdfRawChannel.Float, 32);
            Add(MdfRawChannel.Float, 64);
            Add(MdfRawChannel.Unsigned, 8, 10, 2);
        }

        return channels;

        void Add(byte type, int bits, double offset = 0, double factor = 1)
        {
            channels.Add(new MdfRawChannel($"g{group}c{channels.Count}", type, at, bits) { Offset = offset, Factor = factor });
            at += bits / 8;
        }
    }

    private static void Fill(Span<byte> record, int index, int hertz, Random random)
    {
        double time = (double)index / hertz;
        BinaryPrimitives.WriteDoubleLittleEndian(record, time);
        for (int i = 0; i < 11; i++)
        {
            var block = record.Slice(8 + (34 * i), 34);
            long noise = random.NextInt64();
            double wave = Math.Sin(time * (i + 1)) * 100;
            BinaryPrimitives.WriteDoubleLittleEndian(block, wave + ((noise & 0xffff) * 1e-6));
            BinaryPrimitives.WriteSingleLittleEndian(block[8..], (float)(wave * 0.25) + ((noise >> 8) & 0x3ff));
            BinaryPrimitives.WriteInt16LittleEndian(block[12..], (short)((wave * 80) + ((noise >> 16) & 0xf)));
            BinaryPrimitives.WriteUInt16LittleEndian(block[14..], (ushort)((index / 10) + (i * 100)));
            block[16] = (byte)((index >> 9) & 7);
            BinaryPrimitives.WriteInt32LittleEndian(block[17..], (int)(wave * 10_000) + (int)((noise >> 20) & 0xff));
            BinaryPrimitives.WriteSingleLittleEndian(block[21..], (float)(wave + ((noise >> 28) & 0xff)));
            BinaryPrimitives.WriteDoubleLittleEndian(block[25..], (noise >> 36) * 1e-3);
            block[33] = (byte)((noise >> 40) & 3);
        }
    }
}
