using System.Runtime.CompilerServices;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>Structs and unions in their plain, delimited and parameter-list forms.</summary>
internal static partial class WireReader
{
    private const int IdMask = 0x3FFF;
    private const int ExtendedId = 0x3F01;
    private const int ListEndId = 0x3F02;
    private const int IgnoreId = 0x3F03;

    private static void ReadMembers(WireNode node, WireExtensibility extensibility, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        if (extensibility == WireExtensibility.Unstated) extensibility = cursor.Root == WireExtensibility.Appendable ? WireExtensibility.Appendable : WireExtensibility.Final;
        if (cursor.Layout == WireLayout.Ros1) extensibility = WireExtensibility.Final;
        if (extensibility == WireExtensibility.Mutable)
        {
            ReadMutable(node, ref cursor, builders);
            return;
        }

        if (extensibility == WireExtensibility.Final || cursor.Layout == WireLayout.Xcdr1)
        {
            foreach (var member in node.Members)
            {
                if (member.IsOptional) ReadMember(member, ref cursor, builders);
                else ReadValue(member, ref cursor, builders);
            }

            return;
        }

        // A writer of an older type ends early, one of a newer type goes on (7.4.3.5.3).
        int end = cursor.ReadEnd(node.Field), outerEnd = cursor.End;
        cursor.End = end;
        foreach (var member in node.Members)
        {
            if (cursor.Position < end) ReadMember(member, ref cursor, builders);
            else AppendAbsent(member, ref cursor, builders);
        }

        cursor.Position = end;
        cursor.End = outerEnd;
    }

    private static void ReadMember(WireNode member, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        if (!member.IsOptional)
        {
            ReadValue(member, ref cursor, builders);
            return;
        }

        if (cursor.Layout == WireLayout.Xcdr1)
        {
            if (!ReadParameter(ref cursor, member.Field, out _, out _, out int end) || end == cursor.Position) AppendNull(member, ref cursor, builders);
            else ReadWithin(member, end, ref cursor, builders);
        }
        else if (cursor.Read<byte>(member.Field) == 0)
        {
            AppendNull(member, ref cursor, builders);
        }
        else
        {
            ReadValue(member, ref cursor, builders);
        }
    }

    private static void ReadMutable(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        int outerEnd = cursor.End;
        int end = outerEnd;
        bool isXcdr2 = cursor.Layout == WireLayout.Xcdr2;
        if (isXcdr2) end = cursor.End = cursor.ReadEnd(node.Field);
        Span<bool> seen = node.Members.Length <= 256 ? stackalloc bool[node.Members.Length] : new bool[node.Members.Length];
        seen.Clear();
        while (!isXcdr2 || cursor.Position < end)
        {
            int start = cursor.Position;
            uint id;
            bool mustUnderstand;
            int memberEnd;
            if (isXcdr2) ReadMemberHeader(ref cursor, node.Field, out id, out mustUnderstand, out memberEnd);
            else if (!ReadParameter(ref cursor, node.Field, out id, out mustUnderstand, out memberEnd)) break;

            int index = Array.FindIndex(node.Members, member => member.Id == id);
            if (index >= 0 && !seen[index])
            {
                seen[index] = true;
                ReadWithin(node.Members[index], memberEnd, ref cursor, builders);
            }
            else if (index < 0 && mustUnderstand)
            {
                throw new MessageFormatException("MESH10317", start, $"only members of '{Name(node)}' that the schema has", $"member {id}, which must be understood");
            }

            cursor.Position = memberEnd;
        }

        for (int i = 0; i < seen.Length; i++)
        {
            if (!seen[i]) AppendAbsent(node.Members[i], ref cursor, builders);
        }

        cursor.End = outerEnd;
        if (isXcdr2) cursor.Position = end;
    }

    /// <summary>Reads a member whose extent is known. XCDR1 counts alignment anew in each parameter (7.4.1.2.5).</summary>
    private static void ReadWithin(WireNode member, int end, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        int outerEnd = cursor.End, outerOrigin = cursor.Origin;
        cursor.End = end;
        if (cursor.Layout == WireLayout.Xcdr1) cursor.Origin = cursor.Position;
        ReadValue(member, ref cursor, builders);
        cursor.Position = end;
        cursor.End = outerEnd;
        cursor.Origin = outerOrigin;
    }

    /// <summary>Reads an EMHEADER (7.4.3.4.2). From length code 5 on, the length is also the value's own first word.</summary>
    private static void ReadMemberHeader(ref WireCursor cursor, string field, out uint id, out bool mustUnderstand, out int end)
    {
        uint header = cursor.Read<uint>(field);
        id = header & 0x0FFFFFFF;
        mustUnderstand = header >> 31 != 0;
        uint code = (header >> 28) & 7;
        long size;
        if (code < 4)
        {
            size = 1L << (int)code;
        }
        else
        {
            uint next = cursor.Read<uint>(field);
            size = code switch { 4 => next, 5 => 4L + next, 6 => 4L + (4L * next), _ => 4L + (8L * next) };
            if (code > 4) cursor.Position -= sizeof(uint);
        }

        if (size > cursor.Remaining) throw cursor.TooShort(field, size);
        end = cursor.Position + (int)size;
    }

    /// <summary>Reads a parameter's header (7.4.1.2.4); false at the end of the list.</summary>
    private static bool ReadParameter(ref WireCursor cursor, string field, out uint id, out bool mustUnderstand, out int end)
    {
        while (true)
        {
            cursor.Align(4);
            ushort header = cursor.Read<ushort>(field);
            uint length = cursor.Read<ushort>(field);
            mustUnderstand = (header & 0x4000) != 0;
            id = (uint)(header & IdMask);
            if (id == ExtendedId)
            {
                uint extended = cursor.Read<uint>(field);
                id = extended & 0x0FFFFFFF;
                mustUnderstand |= (extended & 0x40000000) != 0;
                length = cursor.Read<uint>(field);
            }
            else if (id == ListEndId)
            {
                end = cursor.Position;
                return false;
            }

            if (length > cursor.Remaining) throw cursor.TooShort(field, length);
            end = cursor.Position + (int)length;
            if (id != IgnoreId) return true;
            cursor.Position = end;
        }
    }

    private static void ReadUnion(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        int end = -1, outerEnd = cursor.End;
        var extensibility = node.Extensibility;
        if (extensibility == WireExtensibility.Unstated && cursor.Root == WireExtensibility.Appendable) extensibility = WireExtensibility.Appendable;
        bool isMutable = extensibility == WireExtensibility.Mutable;
        if (cursor.Layout == WireLayout.Xcdr2 && extensibility is WireExtensibility.Appendable or WireExtensibility.Mutable)
        {
            end = cursor.End = cursor.ReadEnd(node.Field);
        }

        var discriminator = node.Members[0];
        int headed = ReadCaseHeader(isMutable, node, ref cursor);
        var kind = discriminator.Kind == WireKind.Enum ? discriminator.Storage : discriminator.Kind;
        int start = cursor.Position;
        long chosen = ReadInteger(kind, discriminator.Field, ref cursor);
        cursor.Position = start;
        ReadValue(discriminator, ref cursor, builders);
        if (headed >= 0) cursor.Position = headed;

        int index = Array.FindIndex(node.Members, 1, member => member.Labels.Contains(chosen));
        if (index < 0) index = Array.FindIndex(node.Members, 1, member => member.IsDefaultCase);
        for (int i = 1; i < node.Members.Length; i++)
        {
            if (i != index)
            {
                AppendNull(node.Members[i], ref cursor, builders);
                continue;
            }

            headed = ReadCaseHeader(isMutable, node, ref cursor);
            if (headed >= 0) ReadWithin(node.Members[i], headed, ref cursor, builders);
            else ReadMember(node.Members[i], ref cursor, builders);
        }

        Unsafe.As<StructBuilder>(builders[node.Slot]).EndStruct();
        if (end >= 0)
        {
            cursor.Position = end;
            cursor.End = outerEnd;
        }
        else if (isMutable && cursor.Layout == WireLayout.Xcdr1)
        {
            while (ReadParameter(ref cursor, node.Field, out _, out _, out int skipped)) cursor.Position = skipped;
        }
    }

    private static int ReadCaseHeader(bool isMutable, WireNode node, ref WireCursor cursor)
    {
        if (!isMutable) return -1;
        int end;
        if (cursor.Layout == WireLayout.Xcdr2) ReadMemberHeader(ref cursor, node.Field, out _, out _, out end);
        else if (!ReadParameter(ref cursor, node.Field, out _, out _, out end)) throw cursor.TooShort(node.Field, 1);
        return end;
    }

    private static void AppendNull(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        Charge(node, ref cursor);
        builders[node.Slot].AppendNull();
    }

    /// <summary>The value of a member that the writer left out: null when it is optional, else its default (7.2.2.4.4.4.7).</summary>
    private static void AppendAbsent(WireNode node, ref WireCursor cursor, ColumnBuilder[] builders)
    {
        if (node.IsOptional || node.Kind == WireKind.Union)
        {
            AppendNull(node, ref cursor, builders);
            return;
        }

        Charge(node, ref cursor);
        AppendDefault(node, builders);
    }

    private static void AppendDefault(WireNode node, ColumnBuilder[] builders)
    {
        var builder = builders[node.Slot];
        switch (builder)
        {
            case StructBuilder nested when node.Kind == WireKind.Struct:
                foreach (var member in node.Members)
                {
                    if (member.IsOptional || member.Kind == WireKind.Union) builders[member.Slot].AppendNull();
                    else AppendDefault(member, builders);
                }

                nested.EndStruct();
                break;
            case ListBuilder list:
                for (long i = node.FixedCount; i > 0; i--)
                {
                    if (node.Element!.Kind == WireKind.Union) builders[node.Element.Slot].AppendNull();
                    else AppendDefault(node.Element!, builders);
                }

                list.EndList();
                break;
            case BinaryBuilder bytes when node.Kind == WireKind.Enum:
                AppendEnum(node, node.Default is long number ? number : node.EnumNames!.Count == 0 ? 0 : node.EnumNames.Keys.Min(), bytes);
                break;
            case BinaryBuilder bytes when node.Kind == WireKind.Bytes: bytes.Append(new byte[Math.Max(0, node.FixedCount)]); break;
            case BinaryBuilder text: text.Append(node.Default as string ?? ""); break;
            case BooleanBuilder boolean: boolean.Append(node.Default is true); break;
            case FixedWidthBuilder<double> doubles: doubles.Append(Number(node)); break;
            case FixedWidthBuilder<float> floats: floats.Append((float)Number(node)); break;
            case FixedWidthBuilder<int> ints: ints.Append(node.Default is long value ? (int)value : 0); break;
            case FixedWidthBuilder<long> longs: longs.Append(node.Default is long value64 ? value64 : 0); break;
            case FixedWidthBuilder<Int128> decimals: decimals.Append(node.Default is long value128 ? value128 : 0); break;
        }
    }

    private static double Number(WireNode node) => node.Default switch { double value => value, long value => value, _ => 0 };

    // A few bytes can leave out a whole struct, which then fills all its columns.
    private static void Charge(WireNode node, ref WireCursor cursor)
    {
        cursor.Budget -= node.Kind == WireKind.Bytes ? Math.Max(1, node.FixedCount) : node.Columns;
        if (cursor.Budget < 0) throw new MessageFormatException("MESH10316", cursor.Position, "no more values than MaxNestedValues allows", "more");
    }

    private static string Name(WireNode node) => node.Field.Length == 0 ? "the message" : node.Field;
}
