using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>
/// Reads a payload value by value as the plan says. Generated code (<see cref="WireEmitter"/>) does the same for the bulk of the messages; this
/// reads what that does not cover (big-endian, mutable, optional, unions, wide text) and says what is wrong with a message it gave up on.
/// </summary>
internal static partial class WireReader
{
    /// <summary>Reads the root struct into the row's builders. Bytes after the last field are tolerated: middlewares pad.</summary>
    public static void ReadRow(WireNode root, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        // How the outermost struct is written is what the encapsulation says, whatever the schema claims.
        ReadMembers(root, cursor.Root, ref cursor, builders);
    }

    private static void ReadValue(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        switch (node.Kind)
        {
            case WireKind.Struct:
                ReadMembers(node, node.Extensibility, ref cursor, builders);
                Unsafe.As<StructBuilder>(builders[node.Slot]).EndStruct();
                break;
            case WireKind.Union:
                ReadUnion(node, ref cursor, builders);
                break;
            case WireKind.List:
                ReadList(node, ref cursor, builders);
                break;
            case WireKind.Bytes:
                int length = ReadCount(node, 1, ref cursor);
                Unsafe.As<BinaryBuilder>(builders[node.Slot]).Append(cursor.ReadBytes(length, node.Field));
                break;
            case WireKind.Text:
                Unsafe.As<BinaryBuilder>(builders[node.Slot]).Append(ReadText(node, ref cursor));
                break;
            case WireKind.WideText:
                ReadWideText(node, ref cursor, Unsafe.As<BinaryBuilder>(builders[node.Slot]));
                break;
            case WireKind.Enum:
                AppendEnum(node, ReadInteger(node.Storage, node.Field, ref cursor), Unsafe.As<BinaryBuilder>(builders[node.Slot]));
                break;
            case WireKind.Float64: Unsafe.As<FixedWidthBuilder<double>>(builders[node.Slot]).Append(cursor.Read<double>(node.Field)); break;
            case WireKind.Float32: Unsafe.As<FixedWidthBuilder<float>>(builders[node.Slot]).Append(cursor.Read<float>(node.Field)); break;
            case WireKind.Int32: Unsafe.As<FixedWidthBuilder<int>>(builders[node.Slot]).Append(cursor.Read<int>(node.Field)); break;
            case WireKind.UInt32: Unsafe.As<FixedWidthBuilder<long>>(builders[node.Slot]).Append(cursor.Read<uint>(node.Field)); break;
            case WireKind.Int64: Unsafe.As<FixedWidthBuilder<long>>(builders[node.Slot]).Append(cursor.Read<long>(node.Field)); break;
            case WireKind.UInt64: Unsafe.As<FixedWidthBuilder<Int128>>(builders[node.Slot]).Append(cursor.Read<ulong>(node.Field)); break;
            case WireKind.Int16: Unsafe.As<FixedWidthBuilder<int>>(builders[node.Slot]).Append(cursor.Read<short>(node.Field)); break;
            case WireKind.UInt16: Unsafe.As<FixedWidthBuilder<int>>(builders[node.Slot]).Append(cursor.Read<ushort>(node.Field)); break;
            case WireKind.Int8: Unsafe.As<FixedWidthBuilder<int>>(builders[node.Slot]).Append(cursor.Read<sbyte>(node.Field)); break;
            case WireKind.UInt8: Unsafe.As<FixedWidthBuilder<int>>(builders[node.Slot]).Append(cursor.Read<byte>(node.Field)); break;
            case WireKind.Bool: Unsafe.As<BooleanBuilder>(builders[node.Slot]).Append(cursor.Read<byte>(node.Field) != 0); break;
        }
    }

    private static long ReadInteger(WireKind kind, string field, ref WireCursor cursor) => kind switch
    {
        WireKind.Bool or WireKind.UInt8 => cursor.Read<byte>(field),
        WireKind.Int8 => cursor.Read<sbyte>(field),
        WireKind.Int16 => cursor.Read<short>(field),
        WireKind.UInt16 => cursor.Read<ushort>(field),
        WireKind.Int32 => cursor.Read<int>(field),
        WireKind.UInt32 => cursor.Read<uint>(field),
        _ => cursor.Read<long>(field),
    };

    private static void ReadList(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        var element = node.Element!;
        var list = Unsafe.As<ListBuilder>(builders[node.Slot]);
        int end = -1, outerEnd = cursor.End;
        if (cursor.Layout == WireLayout.Xcdr2 && !element.IsPrimitive && !node.IsPlainMap)
        {
            end = cursor.ReadEnd(node.Field);
            cursor.End = end;
        }

        long least = cursor.Layout == WireLayout.Xcdr2 ? element.MinDelimitedBytes : element.MinBytes;
        int count = ReadCount(node, least, ref cursor);
        if (element.Kind is <= WireKind.Float64)
        {
            ReadScalars(node, count, ref cursor, builders);
        }
        else
        {
            for (int remaining = count; remaining > 0; remaining--) ReadValue(element, ref cursor, builders);
        }

        list.EndList();
        if (end < 0) return;
        cursor.Position = end;
        cursor.End = outerEnd;
    }

    private static void ReadScalars(WireNode node, int count, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        // An empty list has no element to align for.
        if (count == 0) return;
        var element = node.Element!;
        cursor.Align(element.Width);
        long size = count * (long)element.Width;
        if (size > cursor.Remaining) throw cursor.TooShort(node.Field, size);
        if (!cursor.MustSwap)
        {
            AppendScalars(element.Kind, cursor.ReadBytes((int)size, node.Field), builders[element.Slot]);
            return;
        }

        for (int i = 0; i < count; i++) ReadValue(element, ref cursor, builders);
    }

    /// <summary>Appends little-endian values.</summary>
    public static void AppendScalars(WireKind kind, ReadOnlySpan<byte> bytes, ColumnBuilder builder)
    {
        switch (kind)
        {
            case WireKind.Float64: Unsafe.As<FixedWidthBuilder<double>>(builder).Append(MemoryMarshal.Cast<byte, double>(bytes)); break;
            case WireKind.Float32: Unsafe.As<FixedWidthBuilder<float>>(builder).Append(MemoryMarshal.Cast<byte, float>(bytes)); break;
            case WireKind.Int32: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(MemoryMarshal.Cast<byte, int>(bytes)); break;
            case WireKind.Int64: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(MemoryMarshal.Cast<byte, long>(bytes)); break;
            case WireKind.UInt32:
                foreach (uint value in MemoryMarshal.Cast<byte, uint>(bytes)) Unsafe.As<FixedWidthBuilder<long>>(builder).Append(value);
                break;
            case WireKind.UInt64:
                foreach (ulong value in MemoryMarshal.Cast<byte, ulong>(bytes)) Unsafe.As<FixedWidthBuilder<Int128>>(builder).Append(value);
                break;
            case WireKind.Int16:
                foreach (short value in MemoryMarshal.Cast<byte, short>(bytes)) Unsafe.As<FixedWidthBuilder<int>>(builder).Append(value);
                break;
            case WireKind.UInt16:
                foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(bytes)) Unsafe.As<FixedWidthBuilder<int>>(builder).Append(value);
                break;
            case WireKind.Int8:
                foreach (byte value in bytes) Unsafe.As<FixedWidthBuilder<int>>(builder).Append((sbyte)value);
                break;
            case WireKind.Bool:
                foreach (byte value in bytes) Unsafe.As<BooleanBuilder>(builder).Append(value != 0);
                break;
        }
    }

    /// <summary>Length of an array or sequence, already known to fit into what is left of the payload.</summary>
    private static int ReadCount(WireNode node, long leastBytes, ref WireCursor cursor)
    {
        long count = node.FixedCount >= 0 ? node.FixedCount : cursor.Read<uint>(node.Field);
        if (count > node.MaxCount)
        {
            throw new MessageFormatException("MESH10313", cursor.Position, $"at most {node.MaxCount:N0} elements in field '{node.Field}'", $"{count:N0}");
        }

        Int128 size = (Int128)count * leastBytes;
        if (size > Math.Max(0, cursor.Remaining)) throw cursor.TooShort(node.Field, (long)Int128.Min(size, long.MaxValue));
        return (int)count;
    }

    private static ReadOnlySpan<byte> ReadText(WireNode node, ref WireCursor cursor)
    {
        uint length = cursor.Read<uint>(node.Field);
        if (length > cursor.Remaining) throw cursor.TooShort(node.Field, length);
        var text = cursor.ReadBytes((int)length, node.Field);
        // CDR counts a terminator, but not every writer sends one; as Fast CDR does, only a terminator that is there is dropped.
        if (cursor.Layout != WireLayout.Ros1 && text is [.. var content, 0]) text = content;
        if (text.Length > node.MaxText)
        {
            throw new MessageFormatException("MESH10313", cursor.Position, $"at most {node.MaxText:N0} bytes of text in field '{node.Field}'", $"{text.Length:N0}");
        }

        if (!Utf8.IsValid(text)) throw new MessageFormatException("MESH10314", cursor.Position - (int)length, $"UTF-8 text in field '{node.Field}'", "other bytes");
        return text;
    }

    private static void ReadWideText(WireNode node, ref WireCursor cursor, BinaryBuilder builder)
    {
        uint length = cursor.Read<uint>(node.Field);
        int start = cursor.Position;
        bool isFour = cursor.WideText == WideTextLayout.CountOfFourBytes;
        long size = cursor.WideText == WideTextLayout.BytesOfUnits ? length : length * (isFour ? 4L : 2L);
        if (size > cursor.Remaining) throw cursor.TooShort(node.Field, size);
        var bytes = cursor.ReadBytes((int)size, node.Field);
        long units = size / (isFour ? 4 : 2);
        if (units - 1 > node.MaxText) throw new MessageFormatException("MESH10313", start, $"at most {node.MaxText:N0} characters in field '{node.Field}'", $"{units:N0}");
        var text = new StringBuilder((int)units);
        bool isSound = size % 2 == 0;
        for (int i = 0; i + (isFour ? 4 : 2) <= bytes.Length; i += isFour ? 4 : 2)
        {
            uint unit = isFour ? Unsafe.ReadUnaligned<uint>(in bytes[i]) : Unsafe.ReadUnaligned<ushort>(in bytes[i]);
            if (cursor.MustSwap) unit = isFour ? WireCursor.Swap(unit) : WireCursor.Swap((ushort)unit);
            isSound &= unit <= 0x10FFFF;
            if (!isSound) break;
            if (unit > char.MaxValue) text.Append(char.ConvertFromUtf32((int)unit));
            else text.Append((char)unit);
        }

        if (text.Length > 0 && text[^1] == '\0') text.Length--;
        string value = text.ToString();
        for (int i = 0; i < value.Length && isSound; i++)
        {
            if (!char.IsSurrogate(value[i])) continue;
            isSound = char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            i++;
        }

        if (!isSound) throw new MessageFormatException("MESH10314", start, $"Unicode text in field '{node.Field}'", "other numbers");
        builder.Append(value);
    }

    public static void AppendEnum(WireNode node, long number, BinaryBuilder builder)
    {
        if (node.EnumNames!.TryGetValue(number, out byte[]? name))
        {
            builder.Append(name);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out int length);
        builder.Append(digits[..length]);
    }
}
