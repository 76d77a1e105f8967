using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Bus.Frames;

/// <summary>Turns typed frames into columns.</summary>
internal sealed class BusFrameDecoder : MessageDecoder
{
    private static readonly StructType CanType = new([
        Required("bus_channel", DataType.Int32), Required("id", DataType.Int64), Required("is_extended", DataType.Boolean), new Field("direction", DataType.Utf8),
        Required("is_fd", DataType.Boolean), Required("brs", DataType.Boolean), Required("esi", DataType.Boolean), Required("is_remote", DataType.Boolean),
        Required("is_error", DataType.Boolean), Required("is_overload", DataType.Boolean), new Field("error_type", DataType.Utf8),
        new Field("error_position", DataType.Int32), Required("dlc", DataType.Int32), Required("data", DataType.Binary)]);

    private static readonly StructType LinType = new([
        Required("bus_channel", DataType.Int32), Required("kind", DataType.Utf8), Required("id", DataType.Int32), new Field("direction", DataType.Utf8),
        Required("data_length", DataType.Int32), new Field("checksum", DataType.Int32), new Field("checksum_model", DataType.Utf8), Required("data", DataType.Binary)]);

    private static readonly StructType FlexRayType = new([
        Required("bus_channel", DataType.Int32), Required("slot", DataType.Int32), Required("cycle", DataType.Int32), Required("channel_a", DataType.Boolean),
        Required("channel_b", DataType.Boolean), new Field("direction", DataType.Utf8), Required("is_startup", DataType.Boolean), Required("is_sync", DataType.Boolean),
        Required("is_null", DataType.Boolean), Required("payload_preamble", DataType.Boolean), Required("is_error", DataType.Boolean),
        Required("is_symbol", DataType.Boolean), Required("header_crc", DataType.Int64), Required("frame_crc", DataType.Int64), Required("data", DataType.Binary)]);

    private static readonly StructType EthernetType = new([
        Required("bus_channel", DataType.Int32), new Field("destination", DataType.Binary), new Field("source", DataType.Binary), new Field("ethertype", DataType.Int32),
        new Field("direction", DataType.Utf8), Required("is_error", DataType.Boolean), new Field("fcs", DataType.Int64), Required("payload", DataType.Binary)]);

    private readonly BusKind kind;
    private readonly int headerBytes;

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10508</c>: not a layout this program knows.</exception>
    public BusFrameDecoder(MessageSchema schema)
    {
        kind = BusFrameSchemas.KindOf(schema);
        (Type, headerBytes) = kind switch
        {
            BusKind.Can => (CanType, CanFrame.HeaderBytes),
            BusKind.Lin => (LinType, LinFrame.HeaderBytes),
            BusKind.FlexRay => (FlexRayType, FlexRayFrame.HeaderBytes),
            _ => (EthernetType, EthernetFrame.HeaderBytes),
        };
    }

    public override StructType Type { get; }

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        if (message.Length < headerBytes) throw new MessageFormatException("MESH10510", 0, $"a frame of at least {headerBytes} bytes", $"{message.Length}");
        switch (kind)
        {
            case BusKind.Can:
                DecodeCan(message, row);
                break;
            case BusKind.Lin:
                DecodeLin(message, row);
                break;
            case BusKind.FlexRay:
                DecodeFlexRay(message, row);
                break;
            default:
                DecodeEthernet(message, row);
                break;
        }
    }

    private static void DecodeCan(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        uint id = CanFrame.Id(message);
        var flags = CanFrame.Flags(message);
        Int(row[0], CanFrame.Channel(message));
        Long(row[1], id & CanFrame.IdMask);
        Bool(row[2], (id & CanFrame.ExtendedFlag) != 0);
        Direction(row[3], (flags & CanFlags.DirectionUnknown) != 0, (flags & CanFlags.Transmitted) != 0);
        Bool(row[4], (flags & CanFlags.Fd) != 0);
        Bool(row[5], (flags & CanFlags.BitRateSwitch) != 0);
        Bool(row[6], (flags & CanFlags.ErrorStateIndicator) != 0);
        Bool(row[7], (flags & CanFlags.Remote) != 0);
        Bool(row[8], (flags & CanFlags.Error) != 0);
        Bool(row[9], (flags & CanFlags.Overload) != 0);
        if ((flags & CanFlags.Error) != 0)
        {
            Bytes(row[10], ErrorType(message[5]));
            Int(row[11], BinaryPrimitives.ReadUInt16LittleEndian(message[6..]));
        }
        else
        {
            row[10].AppendNull();
            row[11].AppendNull();
        }

        Int(row[12], message[4]);
        Bytes(row[13], message[CanFrame.HeaderBytes..]);
    }

    private static void DecodeLin(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var flags = (LinFlags)message[2];
        Int(row[0], BinaryPrimitives.ReadUInt16LittleEndian(message));
        ((BinaryBuilder)row[1]).Append(LinFrame.NameOf(message[3]));
        Int(row[2], message[4]);
        Direction(row[3], (flags & LinFlags.DirectionUnknown) != 0, (flags & LinFlags.Transmitted) != 0);
        Int(row[4], message[6]);
        if ((flags & LinFlags.HasChecksum) != 0) Int(row[5], message[5]);
        else row[5].AppendNull();
        if ((flags & LinFlags.EnhancedChecksum) != 0) Bytes(row[6], "enhanced"u8);
        else if ((flags & LinFlags.ClassicChecksum) != 0) Bytes(row[6], "classic"u8);
        else row[6].AppendNull();
        Bytes(row[7], message[LinFrame.HeaderBytes..]);
    }

    private static void DecodeFlexRay(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var flags = (FlexRayFlags)BinaryPrimitives.ReadUInt16LittleEndian(message[2..]);
        Int(row[0], BinaryPrimitives.ReadUInt16LittleEndian(message));
        Int(row[1], BinaryPrimitives.ReadUInt16LittleEndian(message[4..]));
        Int(row[2], message[6]);
        Bool(row[3], (flags & FlexRayFlags.ChannelA) != 0);
        Bool(row[4], (flags & FlexRayFlags.ChannelB) != 0);
        Direction(row[5], (flags & FlexRayFlags.DirectionUnknown) != 0, (flags & FlexRayFlags.Transmitted) != 0);
        Bool(row[6], (flags & FlexRayFlags.Startup) != 0);
        Bool(row[7], (flags & FlexRayFlags.Sync) != 0);
        Bool(row[8], (flags & FlexRayFlags.NullFrame) != 0);
        Bool(row[9], (flags & FlexRayFlags.PayloadPreamble) != 0);
        Bool(row[10], (flags & FlexRayFlags.Error) != 0);
        Bool(row[11], (flags & FlexRayFlags.Symbol) != 0);
        Long(row[12], BinaryPrimitives.ReadUInt32LittleEndian(message[8..]));
        Long(row[13], BinaryPrimitives.ReadUInt32LittleEndian(message[12..]));
        Bytes(row[14], message[FlexRayFrame.HeaderBytes..]);
    }

    private static void DecodeEthernet(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var flags = (EthernetFlags)BinaryPrimitives.ReadUInt16LittleEndian(message[2..]);
        var frame = message[EthernetFrame.HeaderBytes..];
        Int(row[0], BinaryPrimitives.ReadUInt16LittleEndian(message));
        if (frame.Length >= EthernetFrame.MacHeaderBytes)
        {
            Bytes(row[1], frame[..EthernetFrame.AddressBytes]);
            Bytes(row[2], frame[EthernetFrame.AddressBytes..(2 * EthernetFrame.AddressBytes)]);
            Int(row[3], BinaryPrimitives.ReadUInt16BigEndian(frame[(2 * EthernetFrame.AddressBytes)..]));
            frame = frame[EthernetFrame.MacHeaderBytes..];
        }
        else
        {
            // A frame cut before its type: what there is of it is all payload.
            row[1].AppendNull();
            row[2].AppendNull();
            row[3].AppendNull();
        }

        Direction(row[4], (flags & EthernetFlags.DirectionUnknown) != 0, (flags & EthernetFlags.Transmitted) != 0);
        Bool(row[5], (flags & EthernetFlags.Error) != 0);
        if ((flags & EthernetFlags.HasFcs) != 0) Long(row[6], BinaryPrimitives.ReadUInt32LittleEndian(message[4..]));
        else row[6].AppendNull();
        Bytes(row[7], frame);
    }

    /// <summary>Kinds of CAN errors (ASAM MDF Bus Logging 2.1, <c>CAN_ErrorFrame.ErrorType</c>).</summary>
    private static ReadOnlySpan<byte> ErrorType(byte type) => type switch
    {
        1 => "bit"u8,
        2 => "form"u8,
        3 => "stuff"u8,
        4 => "crc"u8,
        5 => "acknowledge"u8,
        _ => "unknown"u8,
    };

    private static Field Required(string name, DataType type) => new(name, type, Nullable: false);

    private static void Direction(ColumnBuilder column, bool isUnknown, bool isTransmitted)
    {
        if (isUnknown) column.AppendNull();
        else Bytes(column, isTransmitted ? "tx"u8 : "rx"u8);
    }

    // The row's builders are those of Type, in order.
    private static void Int(ColumnBuilder column, int value) => Unsafe.As<FixedWidthBuilder<int>>(column).Append(value);

    private static void Long(ColumnBuilder column, long value) => Unsafe.As<FixedWidthBuilder<long>>(column).Append(value);

    private static void Bool(ColumnBuilder column, bool value) => Unsafe.As<BooleanBuilder>(column).Append(value);

    private static void Bytes(ColumnBuilder column, ReadOnlySpan<byte> value) => Unsafe.As<BinaryBuilder>(column).Append(value);
}
