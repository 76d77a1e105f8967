using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Google.Protobuf;
using Mesh.Columnar;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace Mesh.Formats.Messages.Protobuf;

/// <summary>
/// Decodes protobuf messages into columns. A message is scanned once, in which repeated values go to their lists (they may lie apart) and
/// singular ones are only noted (the last one counts); then every singular field gets its one value.
/// </summary>
/// <remarks>
/// Enums become their names, unknown numbers their digits. Absent fields are null where the schema tracks presence, else the type's
/// default. A message type within itself, and one without columns, is kept as bytes. A value of another wire type than declared is an
/// unknown field, as in every protobuf runtime, and unknown fields and groups are skipped.
/// </remarks>
internal sealed class ProtobufDecoder(ProtobufMessage plan, MessageDecoderOptions options) : MessageDecoder
{
    private const int StackFields = 32;
    private readonly int stampField = FindStamp(plan);
    private Binding? binding;

    public override StructType Type => plan.Type;

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var bound = binding;
        if (bound is null || !bound.IsFor(row)) binding = bound = new Binding(plan, row.ToArray());
        long budget = options.MaxNestedValues;
        DecodeMessage(bound, message, 0, ref budget);
    }

    public override bool TryReadStampNs(ReadOnlySpan<byte> message, out long stampNs)
    {
        stampNs = 0;
        if (stampField < 0) return false;
        try
        {
            long seconds = 0, nanoseconds = 0;
            var cursor = new ProtobufCursor(message, 0);
            while (!cursor.AtEnd)
            {
                int number = cursor.ReadTag(out var wireType);
                if (number != stampField || wireType != WireFormat.WireType.LengthDelimited)
                {
                    cursor.Skip(number, wireType);
                    continue;
                }

                var inner = new ProtobufCursor(cursor.ReadLengthDelimited(out int offset), offset);
                while (!inner.AtEnd)
                {
                    number = inner.ReadTag(out wireType);
                    if (number == 1 && wireType == WireFormat.WireType.Varint) seconds = (long)inner.ReadVarint();
                    else if (number == 2 && wireType == WireFormat.WireType.Varint) nanoseconds = (int)inner.ReadVarint();
                    else inner.Skip(number, wireType);
                }
            }

            // An absent or zero stamp is "not set"; one beyond 64-bit nanoseconds is no time this system can hold.
            if ((seconds == 0 && nanoseconds == 0) || nanoseconds is < 0 or > 999_999_999) return false;
            if (seconds is < -9_223_372_036 or >= 9_223_372_036) return false;
            stampNs = seconds * 1_000_000_000 + nanoseconds;
            return true;
        }
        catch (MessageFormatException)
        {
            // The decoder proper reports what is wrong with the message.
            return false;
        }
    }

    private static int FindStamp(ProtobufMessage plan)
    {
        foreach (var field in plan.Fields)
        {
            if (field is { Name: "timestamp" or "stamp", IsRepeated: false, MessageName: ".google.protobuf.Timestamp" }) return field.Number;
        }

        return -1;
    }

    private static void DecodeMessage(Binding bound, ReadOnlySpan<byte> data, int start, ref long budget)
    {
        Charge(ref budget, bound.Plan.Fields.Length, start);
        var fields = bound.Plan.Fields;
        Seen[]? rentedSeen = null;
        int[]? rentedChosen = null;
        var seen = fields.Length <= StackFields ? stackalloc Seen[StackFields] : rentedSeen = ArrayPool<Seen>.Shared.Rent(fields.Length);
        seen = seen[..fields.Length];
        seen.Clear();
        // By oneof: the member set last, plus one.
        var chosen = bound.Plan.OneofCount <= StackFields ? stackalloc int[StackFields] : rentedChosen = ArrayPool<int>.Shared.Rent(bound.Plan.OneofCount);
        chosen = chosen[..bound.Plan.OneofCount];
        chosen.Clear();

        bool hasSplit = false;
        var cursor = new ProtobufCursor(data, start);
        while (!cursor.AtEnd)
        {
            int number = cursor.ReadTag(out var wireType);
            int index = bound.Plan.IndexOf(number);
            if (index < 0 || !Accepts(fields[index], wireType))
            {
                cursor.Skip(number, wireType);
                continue;
            }

            var field = fields[index];
            if (field.IsRepeated)
            {
                AppendRepeated(bound, index, wireType, ref cursor, ref budget);
                continue;
            }

            if (field.Oneof >= 0)
            {
                ref int member = ref chosen[field.Oneof];
                if (member != index + 1 && member > 0) seen[member - 1] = default;
                member = index + 1;
            }

            ref var place = ref seen[index];
            // A nested message may arrive in pieces, which merge; of any other value the last one counts.
            bool isMessage = field.Message is not null || field.IsRawMessage;
            if (place.Count == 0 || !isMessage) place.Position = cursor.Position;
            place.Count++;
            hasSplit |= isMessage && place.Count > 1;
            cursor.Skip(number, wireType);
        }

        byte[]?[]? merged = hasSplit ? Merge(bound.Plan, data, start, seen) : null;
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].IsRepeated) Unsafe.As<ListBuilder>(bound.Columns[i]).EndList();
            else if (merged?[i] is { } whole) AppendWhole(bound, i, whole, ref budget);
            else if (seen[i].Count > 0)
            {
                cursor.Position = seen[i].Position;
                AppendValue(fields[i], bound.Columns[i], bound.Nested[i], ref cursor, ref budget);
            }
            else AppendAbsent(bound, i, start, ref budget);
        }

        if (rentedSeen is not null) ArrayPool<Seen>.Shared.Return(rentedSeen);
        if (rentedChosen is not null) ArrayPool<int>.Shared.Return(rentedChosen);
    }

    private static bool Accepts(ProtobufField field, WireFormat.WireType wireType) =>
        wireType == field.WireType || (field.IsRepeated && wireType == WireFormat.WireType.LengthDelimited);

    /// <summary>Joins the pieces of nested messages that came in several; their concatenation is the merged message.</summary>
    private static byte[]?[] Merge(ProtobufMessage plan, ReadOnlySpan<byte> data, int start, ReadOnlySpan<Seen> seen)
    {
        var pieces = new ArrayBufferWriter<byte>?[plan.Fields.Length];
        var cursor = new ProtobufCursor(data, start);
        while (!cursor.AtEnd)
        {
            int number = cursor.ReadTag(out var wireType);
            int index = plan.IndexOf(number);
            bool isPiece = index >= 0 && seen[index].Count > 1 && cursor.Position >= seen[index].Position
                && (plan.Fields[index].Message is not null || plan.Fields[index].IsRawMessage) && wireType == WireFormat.WireType.LengthDelimited;
            if (isPiece) (pieces[index] ??= new ArrayBufferWriter<byte>()).Write(cursor.ReadLengthDelimited(out _));
            else cursor.Skip(number, wireType);
        }

        return Array.ConvertAll(pieces, piece => piece?.WrittenSpan.ToArray());
    }

    private static void AppendWhole(Binding bound, int index, byte[] message, ref long budget)
    {
        if (bound.Nested[index] is not { } nested)
        {
            Unsafe.As<BinaryBuilder>(bound.Columns[index]).Append(message);
            return;
        }

        // Offsets in errors then count within the joined message, which lies nowhere in the payload as a whole.
        DecodeMessage(nested, message, 0, ref budget);
        Unsafe.As<StructBuilder>(bound.Columns[index]).EndStruct();
    }

    private static void AppendRepeated(Binding bound, int index, WireFormat.WireType wireType, ref ProtobufCursor cursor, ref long budget)
    {
        var field = bound.Plan.Fields[index];
        var element = Unsafe.As<ListBuilder>(bound.Columns[index]).Element;
        if (wireType == field.WireType)
        {
            AppendValue(field, element, bound.Nested[index], ref cursor, ref budget);
            return;
        }

        var packed = cursor.ReadLengthDelimited(out int offset);
        int width = field.WireType switch { WireFormat.WireType.Fixed32 => 4, WireFormat.WireType.Fixed64 => 8, _ => 1 };
        if (packed.Length % width != 0)
        {
            throw new MessageFormatException("MESH10315", offset, $"a multiple of {width} bytes in packed field '{field.Name}'", $"{packed.Length:N0} bytes");
        }

        switch (field.Kind)
        {
            case FieldType.Double when BitConverter.IsLittleEndian:
                Unsafe.As<FixedWidthBuilder<double>>(element).Append(MemoryMarshal.Cast<byte, double>(packed));
                break;
            case FieldType.Float when BitConverter.IsLittleEndian:
                Unsafe.As<FixedWidthBuilder<float>>(element).Append(MemoryMarshal.Cast<byte, float>(packed));
                break;
            default:
                var values = new ProtobufCursor(packed, offset);
                while (!values.AtEnd) AppendValue(field, element, null, ref values, ref budget);
                break;
        }
    }

    private static void AppendValue(ProtobufField field, ColumnBuilder builder, Binding? nested, ref ProtobufCursor cursor, ref long budget)
    {
        switch (field.Kind)
        {
            case FieldType.Double: Unsafe.As<FixedWidthBuilder<double>>(builder).Append(BitConverter.UInt64BitsToDouble(cursor.ReadFixed64())); break;
            case FieldType.Float: Unsafe.As<FixedWidthBuilder<float>>(builder).Append(BitConverter.UInt32BitsToSingle(cursor.ReadFixed32())); break;
            case FieldType.Int32: Unsafe.As<FixedWidthBuilder<int>>(builder).Append((int)cursor.ReadVarint()); break;
            case FieldType.Sint32: Unsafe.As<FixedWidthBuilder<int>>(builder).Append((int)ZigZag((uint)cursor.ReadVarint())); break;
            case FieldType.Sfixed32: Unsafe.As<FixedWidthBuilder<int>>(builder).Append((int)cursor.ReadFixed32()); break;
            case FieldType.Uint32: Unsafe.As<FixedWidthBuilder<long>>(builder).Append((uint)cursor.ReadVarint()); break;
            case FieldType.Fixed32: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(cursor.ReadFixed32()); break;
            case FieldType.Int64: Unsafe.As<FixedWidthBuilder<long>>(builder).Append((long)cursor.ReadVarint()); break;
            case FieldType.Sint64: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(ZigZag(cursor.ReadVarint())); break;
            case FieldType.Sfixed64: Unsafe.As<FixedWidthBuilder<long>>(builder).Append((long)cursor.ReadFixed64()); break;
            case FieldType.Uint64: Unsafe.As<FixedWidthBuilder<Int128>>(builder).Append(cursor.ReadVarint()); break;
            case FieldType.Fixed64: Unsafe.As<FixedWidthBuilder<Int128>>(builder).Append(cursor.ReadFixed64()); break;
            case FieldType.Bool: Unsafe.As<BooleanBuilder>(builder).Append(cursor.ReadVarint() != 0); break;
            case FieldType.Enum: AppendEnum(field, builder, (int)cursor.ReadVarint()); break;
            case FieldType.Bytes: Unsafe.As<BinaryBuilder>(builder).Append(cursor.ReadLengthDelimited(out _)); break;
            case FieldType.String:
                var text = cursor.ReadLengthDelimited(out int offset);
                if (!Utf8.IsValid(text)) throw new MessageFormatException("MESH10314", offset, $"UTF-8 text in field '{field.Name}'", "other bytes");
                Unsafe.As<BinaryBuilder>(builder).Append(text);
                break;
            case FieldType.Message:
                var message = cursor.ReadLengthDelimited(out offset);
                DecodeMessage(nested!, message, offset, ref budget);
                Unsafe.As<StructBuilder>(builder).EndStruct();
                break;
        }
    }

    private static void AppendEnum(ProtobufField field, ColumnBuilder builder, int number)
    {
        if (field.EnumNames!.TryGetValue(number, out var name))
        {
            Unsafe.As<BinaryBuilder>(builder).Append(name);
            return;
        }

        Span<byte> digits = stackalloc byte[11];
        Utf8Formatter.TryFormat(number, digits, out int length);
        Unsafe.As<BinaryBuilder>(builder).Append(digits[..length]);
    }

    private static void AppendAbsent(Binding bound, int index, int start, ref long budget)
    {
        var field = bound.Plan.Fields[index];
        var builder = bound.Columns[index];
        if (field.IsNullable)
        {
            if (field.Message is { } absent) Charge(ref budget, absent.UnfoldedFields, start);
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case FixedWidthBuilder<double> doubles: doubles.Append(0); break;
            case FixedWidthBuilder<float> floats: floats.Append(0); break;
            case FixedWidthBuilder<int> ints: ints.Append(0); break;
            case FixedWidthBuilder<long> longs: longs.Append(0); break;
            case FixedWidthBuilder<Int128> decimals: decimals.Append(0); break;
            case BooleanBuilder booleans: booleans.Append(false); break;
            case BinaryBuilder when field.Kind == FieldType.Enum: AppendEnum(field, builder, 0); break;
            case BinaryBuilder bytes: bytes.Append(ReadOnlySpan<byte>.Empty); break;
            case StructBuilder nested:
                DecodeMessage(bound.Nested[index]!, [], start, ref budget);
                nested.EndStruct();
                break;
        }
    }

    // An empty nested message is two bytes on the wire but a value in every column below it.
    private static void Charge(ref long budget, int values, int position)
    {
        budget -= values;
        if (budget < 0) throw new MessageFormatException("MESH10316", position, "no more values than MaxNestedValues allows", "more");
    }

    private static long ZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>Where a singular field's value begins, and how often the field came.</summary>
    private struct Seen
    {
        public int Position;
        public int Count;
    }

    /// <summary>A message plan with the builders of its columns.</summary>
    private sealed class Binding
    {
        public Binding(ProtobufMessage plan, ColumnBuilder[] columns)
        {
            if (columns.Length != plan.Fields.Length)
            {
                throw new ArgumentException($"The schema has {plan.Fields.Length} columns but {columns.Length} builders were given.", nameof(columns));
            }

            Plan = plan;
            Columns = columns;
            Nested = new Binding?[columns.Length];
            for (int i = 0; i < columns.Length; i++)
            {
                // Checked once here, so that decoding may cast without looking.
                var type = plan.Type.Fields[i].Type;
                Check(type, columns[i].Type);
                var value = columns[i];
                if (value is ListBuilder list)
                {
                    value = list.Element;
                    Check(((ListType)type).Element.Type, value.Type);
                }

                if (plan.Fields[i].Message is { } message) Nested[i] = new Binding(message, [.. ((StructBuilder)value).Children]);
            }
        }

        private static void Check(DataType expected, DataType actual)
        {
            if (actual.Kind != expected.Kind) throw new ArgumentException($"A builder of {actual.Kind} was given for {expected.Kind}.");
        }

        public ProtobufMessage Plan { get; }
        public ColumnBuilder[] Columns { get; }
        public Binding?[] Nested { get; }

        public bool IsFor(ReadOnlySpan<ColumnBuilder> row)
        {
            if (row.Length != Columns.Length) return false;
            for (int i = 0; i < row.Length; i++)
            {
                if (!ReferenceEquals(row[i], Columns[i])) return false;
            }

            return true;
        }
    }
}
