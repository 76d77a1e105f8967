using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Tests.Mdf4.Writing;

/// <content>Groups, channels and values.</content>
internal sealed partial class SpecificationMdfReader
{
    /// <summary>A channel group, its records read whole.</summary>
    public sealed class Group
    {
        internal Group(SpecificationMdfReader reader, long at, long data)
        {
            var block = reader.Block(at, "CG", 6);
            Check(block.Link(0) == 0, at, "one channel group per data group");
            Name = reader.TextAt(block.Link(2), "TX");
            Comment = reader.TextAt(block.Link(5));
            Cycles = (long)reader.U64(block.Data + 8);
            Flags = reader.U16(block.Data + 16);
            DataBytes = (int)reader.U32(block.Data + 24);
            InvalidationBytes = (int)reader.U32(block.Data + 28);
            if (block.Link(3) != 0)
            {
                var source = reader.Block(block.Link(3), "SI", 3);
                Source = reader.TextAt(source.Link(0));
                BusType = reader.file[source.Data + 1];
            }

            AddChannels(reader, block.Link(1), null);
            Records = reader.Data(data, "DT", DataBytes + InvalidationBytes);
            int recordBytes = DataBytes + InvalidationBytes;
            if (reader.IsFinalised) Check(Records.Length == Cycles * recordBytes, at, "records fill the data blocks");
            else Cycles = Records.Length / recordBytes;
            foreach (var channel in Channels)
            {
                if (channel.Type == 1) channel.Values = reader.Data(channel.DataLink, "SD", 0);
                if (channel.Type == 4) Check(reader.Text(channel.DataLink + 2, 2) == "AT", channel.DataLink, "attachment of a synchronisation channel");
                if (channel.Type == 5) Check(reader.Text(channel.DataLink + 2, 2) == "CN", channel.DataLink, "length channel");
                Check(channel.ByteOffset + ((channel.BitOffset + channel.BitCount + 7L) / 8) <= DataBytes, at, $"channel '{channel.Name}' lies in the record");
                if ((channel.Flags & 2) != 0) Check(channel.InvalidationBit < InvalidationBytes * 8, at, "invalidation bit lies in the record");
            }

            Check(Channels.Count(channel => channel.Type is 2 or 3 && channel.Sync == 1) <= 1, at, "at most one time master");
        }

        public string Name { get; }

        public string Comment { get; }

        public string Source { get; } = "";

        public int BusType { get; }

        public long Cycles { get; }

        public int Flags { get; }

        public int DataBytes { get; }

        public int InvalidationBytes { get; }

        public byte[] Records { get; }

        public List<Channel> Channels { get; } = [];

        public Channel this[string name] => Channels.Single(channel => channel.Name == name);

        /// <summary>Raw value: <see cref="ulong"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/> or bytes; null where invalid.</summary>
        public object? Raw(Channel channel, int row)
        {
            var record = Records.AsSpan(row * (DataBytes + InvalidationBytes), DataBytes + InvalidationBytes);
            if ((channel.Flags & 1) != 0) return null;
            if ((channel.Flags & 2) != 0 && (record[DataBytes + (channel.InvalidationBit >> 3)] >> (channel.InvalidationBit & 7) & 1) != 0) return null;
            ReadOnlySpan<byte> bytes = record.Slice(channel.ByteOffset, (channel.BitOffset + channel.BitCount + 7) / 8);
            if (channel.Type == 1)
            {
                int offset = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                int length = BinaryPrimitives.ReadInt32LittleEndian(channel.Values.AsSpan(offset));
                bytes = channel.Values.AsSpan(offset + 4, length);
            }

            switch (channel.DataType)
            {
                case 0 or 1: return Bits(bytes, channel);
                case 2 or 3:
                    ulong bits = Bits(bytes, channel);
                    bool isNegative = (bits >> (channel.BitCount - 1) & 1) != 0;
                    return isNegative && channel.BitCount < 64 ? (long)(bits | (ulong.MaxValue << channel.BitCount)) : (long)bits;
                case 4 or 5:
                    ulong pattern = Bits(bytes, channel);
                    return channel.BitCount == 64 ? BitConverter.UInt64BitsToDouble(pattern)
                        : channel.BitCount == 32 ? BitConverter.UInt32BitsToSingle((uint)pattern) : (double)BitConverter.UInt16BitsToHalf((ushort)pattern);
                case 6 or 7:
                    int end = bytes.IndexOf((byte)0);
                    if (end >= 0) bytes = bytes[..end];
                    return (channel.DataType == 6 ? Encoding.Latin1 : Encoding.UTF8).GetString(bytes);
                default: return bytes.ToArray();
            }
        }

        /// <summary>Physical value of a number with a linear conversion or none.</summary>
        public double? Physical(Channel channel, int row)
        {
            double? value = Raw(channel, row) switch { ulong u => u, long l => l, double d => d, _ => null };
            return channel.Conversion is { } linear ? value * linear.Factor + linear.Offset : value;
        }

        private static ulong Bits(ReadOnlySpan<byte> bytes, Channel channel)
        {
            UInt128 value = 0;
            for (int i = 0; i < bytes.Length; i++) value |= (UInt128)bytes[channel.DataType % 2 == 0 ? i : bytes.Length - 1 - i] << (8 * i);
            value >>= channel.BitOffset;
            return (ulong)(channel.BitCount >= 64 ? value & ulong.MaxValue : value & ((UInt128.One << channel.BitCount) - 1));
        }

        private void AddChannels(SpecificationMdfReader reader, long at, Channel? parent)
        {
            for (; at != 0;)
            {
                var block = reader.Block(at, "CN", 8);
                Check(block.End - block.Data == 72, at, "length of CN");
                var channel = new Channel(reader, block, parent);
                Channels.Add(channel);
                long composition = block.Link(1);
                while (composition != 0 && reader.Text(composition + 2, 2) == "CA")
                {
                    var array = reader.Block(composition, "CA", 1);
                    int dimensions = reader.U16(array.Data + 2);
                    Check(array.End - array.Data == 16 + (8 * dimensions), composition, "length of CA");
                    long elements = 1;
                    for (int i = 0; i < dimensions; i++) elements *= (long)reader.U64(array.Data + 16 + (8 * i));
                    channel.Arrays.Add((elements, (int)reader.U32(array.Data + 8), (reader.U32(array.Data + 4) & 64) != 0));
                    composition = array.Link(0);
                }

                if (composition != 0) AddChannels(reader, composition, channel);
                at = block.Link(0);
            }
        }
    }

    /// <summary>A channel.</summary>
    public sealed class Channel
    {
        internal Channel(SpecificationMdfReader reader, object view, Channel? parent)
        {
            var block = (BlockView)view;
            Parent = parent;
            Name = reader.TextAt(block.Link(2), "TX");
            Unit = reader.TextAt(block.Link(6));
            Comment = reader.TextAt(block.Link(7));
            DataLink = block.Link(5);
            Type = reader.file[block.Data];
            Sync = reader.file[block.Data + 1];
            DataType = reader.file[block.Data + 2];
            BitOffset = reader.file[block.Data + 3];
            ByteOffset = (int)reader.U32(block.Data + 4);
            BitCount = (int)reader.U32(block.Data + 8);
            Flags = (int)reader.U32(block.Data + 12);
            InvalidationBit = (int)reader.U32(block.Data + 16);
            Check(Type <= 6 && Sync <= 4 && DataType <= 16 && BitOffset <= 7, block.At, "known channel and data type");
            Check(DataType <= 14 || reader.Version >= 420, block.At, "version 4.20 for complex numbers");
            Check((Type is 2 or 3) == (Sync != 0), block.At, "synchronisation type of master channels only");
            if (block.Link(4) == 0) return;
            ConversionType = CheckConversion(reader, block.Link(4), 0);
            var conversion = reader.Block(block.Link(4), "CC", -1);
            if (ConversionType == 1) Conversion = (reader.F64(conversion.Data + 24), reader.F64(conversion.Data + 32));
        }

        public Channel? Parent { get; }

        public string Name { get; }

        public string Unit { get; }

        public string Comment { get; }

        public int Type { get; }

        public int Sync { get; }

        public int DataType { get; }

        public int BitOffset { get; }

        public int ByteOffset { get; }

        public int BitCount { get; }

        public int Flags { get; }

        public int InvalidationBit { get; }

        public int ConversionType { get; } = -1;

        public (double Offset, double Factor)? Conversion { get; }

        public List<(long Elements, int Stride, bool Inverse)> Arrays { get; } = [];

        internal long DataLink { get; }

        internal byte[] Values { get; set; } = [];

        private static int CheckConversion(SpecificationMdfReader reader, long at, int depth)
        {
            Check(depth < 100, at, "no cycle of conversions");
            var block = reader.Block(at, "CC", -1);
            reader.TextAt(block.Link(0));
            reader.TextAt(block.Link(1));
            int type = reader.file[block.Data];
            int references = reader.U16(block.Data + 4);
            int values = reader.U16(block.Data + 6);
            Check(block.Links == 4 + references, at, "cc_ref_count equals number of links");
            Check(block.End - block.Data == 24 + (8 * values), at, "cc_val_count equals length");
            bool sound = type switch
            {
                0 => references == 0 && values == 0,
                1 => references == 0 && values == 2,
                2 => references == 0 && values == 6,
                3 => references == 1 && values == 0,
                4 or 5 => references == 0 && values % 2 == 0,
                6 => references == 0 && values % 3 == 1,
                7 => references == values + 1,
                8 => values % 2 == 0 && references == (values / 2) + 1,
                9 => values == references + 1,
                10 => references % 2 == 1 && values == 0,
                11 => references == values && reader.Version >= 420,
                _ => false,
            };
            Check(sound, at, $"parameters of conversion type {type}, found {values} values and {references} references");
            for (int i = 0; i < references; i++)
            {
                long target = block.Link(4 + i);
                if (target == 0) continue;
                if (reader.Text(target + 2, 2) == "CC") CheckConversion(reader, target, depth + 1);
                else reader.TextAt(target, "TX");
            }

            return type;
        }
    }
}
