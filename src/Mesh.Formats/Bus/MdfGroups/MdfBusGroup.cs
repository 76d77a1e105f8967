using System.Buffers.Binary;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Bus.MdfGroups;

/// <summary>
/// Makes frames of the records of one MDF bus event group (ASAM MDF Bus Logging 2.1): channels named <c>CAN_DataFrame.ID</c>,
/// <c>LIN_Frame.DataBytes</c> and so on. Which field is where is worked out once per layout.
/// </summary>
internal sealed partial class MdfBusGroup
{
    private enum DataKind
    {
        None,
        Fixed,
        Variable,
    }

    private readonly MdfBusEvent kind;
    private readonly int fixedBytes;
    private readonly int neededBytes;
    private readonly int variableIndex;
    private readonly DataKind dataKind;
    private readonly int dataOffset;
    private readonly int maxData;
    private readonly bool hasLength;
    private readonly MdfField length, busChannel, id, ide, dlc, dir, edl, brs, esi, errorType, bitPosition;
    private readonly MdfField checksum, checksumModel, received;
    private readonly MdfField cycle, flexRayChannel, startup, sync, nullFrame, preamble, headerCrc, crc;
    private readonly MdfField etherType;
    private readonly int sourceOffset = -1, destinationOffset = -1;

    private MdfBusGroup(MdfRecordLayout layout, MdfBusEvent kind, Dictionary<string, MdfChannelLayout> members)
    {
        this.kind = kind;
        Group = layout.Group;
        fixedBytes = layout.FixedBytes;
        MdfField Field(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (members.TryGetValue(name, out var channel) && IsInteger(channel))
                {
                    var field = new MdfField(channel);
                    neededLength = Math.Max(neededLength, field.End);
                    return field;
                }
            }

            return default;
        }

        neededLength = 0;
        busChannel = Field("BusChannel");
        id = Field("ID");
        ide = Field("IDE");
        dlc = Field("DLC");
        dir = Field("Dir");
        edl = Field("EDL");
        brs = Field("BRS");
        esi = Field("ESI");
        errorType = Field("ErrorType");
        bitPosition = Field("BitPosition");
        checksum = Field("Checksum");
        checksumModel = Field("ChecksumModel");
        received = Field("ReceivedDataByteCount");
        cycle = Field("Cycle");
        flexRayChannel = Field("FlxChannel", "FlxChannelMask");
        startup = Field("StartUpFrameFlag");
        sync = Field("SyncFrameFlag");
        nullFrame = Field("NullFrameFlag");
        preamble = Field("PayloadPreambleFlag");
        headerCrc = Field("HeaderCRC");
        crc = Field("CRC");
        etherType = Field("EtherType");
        length = Field("DataLength", "FillDataLength");
        hasLength = length.Exists;
        if (members.TryGetValue("DataBytes", out var data) || members.TryGetValue("FillDataBytes", out data))
        {
            maxData = data.BitCount >> 3;
            dataOffset = data.ByteOffset;
            variableIndex = data.VariableIndex;
            dataKind = variableIndex >= 0 ? DataKind.Variable : DataKind.Fixed;
            if (data.SizeChannel >= 0 && data.SizeChannel < layout.Channels.Count && IsInteger(layout.Channels[data.SizeChannel]))
            {
                length = new MdfField(layout.Channels[data.SizeChannel]);
                neededLength = Math.Max(neededLength, length.End);
                hasLength = true;
            }

            if (dataKind == DataKind.Fixed) neededLength = Math.Max(neededLength, dataOffset + maxData);
        }

        sourceOffset = Address("Source");
        destinationOffset = Address("Destination");
        neededBytes = Math.Max(neededLength, dataKind == DataKind.Variable ? fixedBytes : 0);

        int Address(string name)
        {
            if (!members.TryGetValue(name, out var channel) || channel.BitCount != 48) return -1;
            neededLength = Math.Max(neededLength, channel.ByteOffset + EthernetFrame.AddressBytes);
            return channel.ByteOffset;
        }
    }

    // Only while the constructor runs.
    private int neededLength;

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Bus that its frames are of.</summary>
    public BusKind Bus => kind switch
    {
        <= MdfBusEvent.CanOverload => BusKind.Can,
        <= MdfBusEvent.LinLongDominant => BusKind.Lin,
        <= MdfBusEvent.FlexRaySymbol => BusKind.FlexRay,
        _ => BusKind.Ethernet,
    };

    /// <summary>Whether its frames are CAN frames with data.</summary>
    public bool HoldsCanData => kind == MdfBusEvent.CanData;

    /// <summary>Makes the extractor of a layout.</summary>
    /// <returns>Null when the group logs no frames of a bus that is known.</returns>
    public static MdfBusGroup? TryCreate(MdfRecordLayout layout)
    {
        MdfBusEvent? structure = null, fields = null;
        var members = new Dictionary<string, MdfChannelLayout>(StringComparer.Ordinal);
        foreach (var channel in layout.Channels)
        {
            int dot = channel.Name.IndexOf('.', StringComparison.Ordinal);
            var named = EventOf(dot < 0 ? channel.Name : channel.Name[..dot]);
            bool isUnder = channel.Parent >= 0 && channel.Parent < layout.Channels.Count && EventOf(layout.Channels[channel.Parent].Name) is not null;
            if (dot < 0 && named is not null) structure ??= named;
            else if (dot < 0 && isUnder) members.TryAdd(channel.Name, channel);
            else if (named is not null && (fields is null || named == fields))
            {
                // Where the fields and their structure are named differently, the fields are right: some loggers reuse a structure's name.
                fields = named;
                members.TryAdd(channel.Name[dot..].TrimStart('.'), channel);
            }
        }

        bool hasFields = members.ContainsKey("BusChannel") || members.ContainsKey("ID") || members.ContainsKey("DataBytes");
        return hasFields && (fields ?? structure) is { } kind ? new MdfBusGroup(layout, kind, members) : null;
    }

    private static bool IsInteger(MdfChannelLayout channel) => channel.DataType <= MdfDataType.SignedBigEndian && channel.BitCount is > 0 and <= 64
        && channel.BitOffset + channel.BitCount <= 64 && channel.VariableIndex < 0;

    private static MdfBusEvent? EventOf(string name) => name switch
    {
        "CAN_DataFrame" => MdfBusEvent.CanData,
        "CAN_RemoteFrame" => MdfBusEvent.CanRemote,
        "CAN_ErrorFrame" => MdfBusEvent.CanError,
        "CAN_OverloadFrame" => MdfBusEvent.CanOverload,
        "LIN_Frame" => MdfBusEvent.LinFrame,
        "LIN_ChecksumError" => MdfBusEvent.LinChecksumError,
        "LIN_ReceiveError" => MdfBusEvent.LinReceiveError,
        "LIN_SyncError" => MdfBusEvent.LinSyncError,
        "LIN_TransmissionError" or "LIN_Transmission" => MdfBusEvent.LinTransmissionError,
        "LIN_WakeUp" => MdfBusEvent.LinWakeUp,
        "LIN_Spike" => MdfBusEvent.LinSpike,
        "LIN_LongDom" => MdfBusEvent.LinLongDominant,
        "FLX_Frame" or "FLX_FrameHeader" => MdfBusEvent.FlexRayFrame,
        "FLX_NullFrame" => MdfBusEvent.FlexRayNullFrame,
        "FLX_ErrorFrame" => MdfBusEvent.FlexRayError,
        "FLX_Symbol" => MdfBusEvent.FlexRaySymbol,
        "ETH_Frame" => MdfBusEvent.EthernetFrame,
        "ETH_ChecksumError" or "ETH_LengthError" or "ETH_ReceiveError" => MdfBusEvent.EthernetError,
        _ => null,
    };

    /// <summary>The bytes of a record's data field, as many as its length says; false when the record is too short for what it claims.</summary>
    private bool TryData(ReadOnlySpan<byte> record, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (record.Length < neededBytes) return false;
        if (dataKind == DataKind.None) return true;
        if (dataKind == DataKind.Fixed)
        {
            data = record.Slice(dataOffset, maxData);
        }
        else
        {
            int position = fixedBytes;
            for (int i = 0; ; i++)
            {
                if (record.Length - position < sizeof(uint)) return false;
                uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(record[position..]);
                position += sizeof(uint);
                if (bytes > (uint)(record.Length - position)) return false;
                if (i == variableIndex)
                {
                    data = record.Slice(position, (int)bytes);
                    break;
                }

                position += (int)bytes;
            }
        }

        if (hasLength)
        {
            ulong claimed = length.Read(record);
            if (claimed < (ulong)data.Length) data = data[..(int)claimed];
        }

        return true;
    }
}
