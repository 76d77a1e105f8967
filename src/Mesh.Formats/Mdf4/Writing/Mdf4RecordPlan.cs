using System.Buffers.Binary;
using Mesh.Formats.Mdf;
using Mesh.Formats.Mdf.Decoding;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>
/// How messages of a layout become records of an MDF 4 group. Records stay bit for bit what they were; behind them come, where needed, the
/// record's index (virtual channels would count anew otherwise), 64-bit offsets of variable-length values whose own place is too small, and
/// the time (groups without a time of their own).
/// </summary>
internal sealed class Mdf4RecordPlan
{
    private readonly MdfRecordLayout source;
    private readonly List<MdfChannelLayout> channels;
    private readonly MdfMasterTime? masterTime;
    private readonly int master;
    private int dataBytes;
    private int indexOffset = -1;
    private int timeOffset = -1;
    private long startNs;

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10321</c>, <c>MESH10322</c>: the layout does not hold together.</exception>
    public Mdf4RecordPlan(MdfRecordLayout source)
    {
        LayoutCheck.Run(source);
        this.source = source;
        dataBytes = source.DataBytes;
        channels = [.. source.Channels];
        Slots = new int[source.VariableCount];
        PlaceValues();
        PlaceVirtual();
        RequireIntact();
        master = channels.FindIndex(channel => channel.Type == MdfChannelType.Master);
        if (master >= 0) masterTime = MdfMasterTime.TryCreate(channels[master], dataBytes);
    }

    /// <summary>Where the offset of each variable-length value goes.</summary>
    public int[] Slots { get; }

    /// <summary>Bytes at the front of each message.</summary>
    public int FixedBytes => source.FixedBytes;

    /// <summary>Whether the file must say that it is 4.20.</summary>
    public bool NeedsVersion420 { get; private set; }

    /// <summary>The file's start time that keeps the group's time values as they are, judged by a message; null when it has no time.</summary>
    public long? StartOf(long logTimeNs, ReadOnlySpan<byte> payload)
    {
        if (masterTime is null) return null;
        long? elapsed = indexOffset == channels[master].ByteOffset && indexOffset >= 0
            ? masterTime.ElapsedNs(BinaryPrimitives.ReadInt64LittleEndian(payload[(source.FixedBytes - sizeof(long))..]))
            : masterTime.ElapsedNs(payload[..source.DataBytes]);
        return elapsed is { } ns && logTimeNs - ns >= 0 ? logTimeNs - ns : null;
    }

    /// <summary>Settles the layout to be written.</summary>
    /// <param name="fileStartNs">Start time of the file.</param>
    /// <param name="groupStartNs">What the group's time counts from; null when it has none that can be understood.</param>
    /// <param name="hasMessage">Whether the group has any record.</param>
    public MdfRecordLayout Settle(long fileStartNs, long? groupStartNs, bool hasMessage)
    {
        startNs = fileStartNs;
        if (master < 0)
        {
            AddTime();
        }
        else if (MdfMasterTime.SyncType(channels[master]) == 1 && (groupStartNs is not { } start || Math.Abs(start - fileStartNs) > 1))
        {
            // Another start: the raw values stay, their conversion makes up for the difference. A time that cannot be understood becomes a plain channel.
            if (groupStartNs is { } from && masterTime!.Shifted((from - fileStartNs) / 1e9) is { } shifted)
            {
                channels[master] = channels[master] with { Conversion = shifted };
            }
            else if (hasMessage)
            {
                channels[master] = channels[master] with { Type = MdfChannelType.Fixed, SyncType = 0 };
                AddTime();
            }
        }

        return source with
        {
            DataBytes = dataBytes, HasRecordIndex = false, Channels = channels,
        };
    }

    /// <summary>Writes one record; the offsets of variable-length values come after.</summary>
    public void Write(ReadOnlySpan<byte> payload, long logTimeNs, Span<byte> record)
    {
        payload[..source.DataBytes].CopyTo(record);
        payload.Slice(source.DataBytes, source.InvalidationBytes).CopyTo(record[dataBytes..]);
        if (dataBytes == source.DataBytes) return;
        if (indexOffset >= 0) payload.Slice(source.FixedBytes - sizeof(long), sizeof(long)).CopyTo(record[indexOffset..]);
        if (timeOffset >= 0) BinaryPrimitives.WriteInt64LittleEndian(record[timeOffset..], logTimeNs - startNs);
    }

    /// <summary>The time channel this writer makes: nanoseconds since the start, to be read as seconds.</summary>
    public static MdfChannelLayout TimeChannel(string name, int byteOffset) => new()
    {
        Name = name, Type = MdfChannelType.Master, SyncType = 1, DataType = MdfDataType.SignedLittleEndian, ByteOffset = byteOffset, BitCount = 64, Unit = "s",
        Conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [0, 1e-9] },
    };

    private void AddTime()
    {
        timeOffset = dataBytes;
        dataBytes += sizeof(long);
        channels.Add(TimeChannel(channels.Exists(channel => channel.Name == "time") ? "log_time" : "time", timeOffset));
    }

    private void PlaceValues()
    {
        for (int i = 0; i < channels.Count; i++)
        {
            var channel = channels[i];
            if (channel.Type != MdfChannelType.VariableLength || (uint)channel.VariableIndex >= (uint)Slots.Length) continue;
            bool fits = channel is { BitCount: 64, BitOffset: 0, ByteOffset: >= 0 } && channel.ByteOffset <= source.DataBytes - sizeof(long);
            if (!fits)
            {
                channel = channel with { ByteOffset = dataBytes, BitOffset = 0, BitCount = 64 };
                dataBytes += sizeof(long);
                channels[i] = channel;
            }

            Slots[channel.VariableIndex] = channel.ByteOffset;
        }
    }

    private void PlaceVirtual()
    {
        // Bus logs give the number of the bus this way: the same for every record, so it may stay what it is.
        if (channels.TrueForAll(channel => channel.Type is not (MdfChannelType.VirtualMaster or MdfChannelType.VirtualData) || IsConstant(channel))) return;
        for (int i = 0; i < channels.Count; i++)
        {
            var channel = channels[i];
            if (channel.Type is not (MdfChannelType.VirtualMaster or MdfChannelType.VirtualData) || !source.HasRecordIndex) continue;
            if (indexOffset < 0)
            {
                indexOffset = dataBytes;
                dataBytes += sizeof(long);
            }

            channels[i] = channel with
            {
                Type = channel.Type == MdfChannelType.VirtualMaster ? MdfChannelType.Master : MdfChannelType.Fixed,
                DataType = MdfDataType.UnsignedLittleEndian, ByteOffset = indexOffset, BitOffset = 0, BitCount = 64,
            };
        }
    }

    private static bool IsConstant(MdfChannelLayout channel) =>
        channel is { Type: MdfChannelType.VirtualData, Conversion: { Kind: MdfConversionKind.Linear, Values: [_, 0, ..] } };

    private void RequireIntact()
    {
        for (int i = 0; i < channels.Count; i++)
        {
            var channel = channels[i];
            NeedsVersion420 |= channel.DataType is MdfDataType.ComplexLittleEndian or MdfDataType.ComplexBigEndian
                || (channel.DataType is MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian && channel.BitCount == 16)
                || Mdf4ConversionBlocks.NeedsVersion420(channel.Conversion);

            // What MDF 4 does not know, or what refers to things outside the messages, is kept as the bytes it is.
            if (channel.DataType is MdfDataType.VaxFloat or MdfDataType.VaxDFloat) channel = channel with { DataType = MdfDataType.ByteArray, Conversion = null, Comment = Join(channel.Comment, "VAX floating point") };
            if (channel.Type == MdfChannelType.Synchronisation) channel = channel with { Type = MdfChannelType.Fixed };
            if (channel.Array is { } array)
            {
                if (array.Dimensions.Count == 0 || array.Dimensions.Count != array.Strides.Count) channel = channel with { Array = null };
                else channel = channel with { ByteOffset = channel.ByteOffset + array.BaseOffset };
            }

            channels[i] = channel;
        }
    }

    private static string Join(string comment, string note) => comment.Length == 0 ? note : comment + "; " + note;
}
