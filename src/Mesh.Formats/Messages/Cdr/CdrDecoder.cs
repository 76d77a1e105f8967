using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Mesh.Columnar;
using Mesh.Formats.Messages.Ros;

namespace Mesh.Formats.Messages.Cdr;

/// <summary>
/// Runs a <see cref="CdrPlan"/> over payloads. Bytes after the last field are tolerated: middlewares pad, and a publisher whose type has
/// grown at the end is read as far as the schema goes.
/// </summary>
internal sealed class CdrDecoder(CdrPlan plan) : MessageDecoder
{
    // Builders by slot for the rows decoded last. Replaced as a whole, so that decoding on two threads costs time, not correctness.
    private Binding? binding;

    public override StructType Type => plan.Type;

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var cursor = CdrCursor.Open(message);
        var bound = binding;
        if (bound is null || !bound.IsFor(row)) binding = bound = new Binding(plan, row);
        Run(0, plan.Ops.Length, ref cursor, bound.Builders);
    }

    public override bool TryReadStampNs(ReadOnlySpan<byte> message, out long stampNs)
    {
        stampNs = 0;
        if (!plan.StartsWithStamp || message.Length < CdrCursor.HeaderBytes + 8 || message[0] != 0 || message[1] > 0x11) return false;
        if (message[1] is not (0x00 or 0x01 or 0x06 or 0x07 or 0x10 or 0x11)) return false;
        var cursor = CdrCursor.Open(message);
        int seconds = cursor.Read<int>("stamp.sec");
        uint nanoseconds = cursor.Read<uint>("stamp.nanosec");
        // All zero is how ROS says "not set"; more than a second of nanoseconds is no time.
        if ((seconds == 0 && nanoseconds == 0) || nanoseconds > 999_999_999) return false;
        stampNs = seconds * 1_000_000_000L + nanoseconds;
        return true;
    }

    private void Run(int from, int to, ref CdrCursor cursor, ColumnBuilder[] builders)
    {
        var ops = plan.Ops;
        for (int i = from; i < to; i++)
        {
            ref readonly var op = ref ops[i];
            switch (op.Kind)
            {
                case CdrOpKind.Scalar:
                    AppendScalar(in op, ref cursor, builders[op.Slot]);
                    break;
                case CdrOpKind.String:
                    Unsafe.As<BinaryBuilder>(builders[op.Slot]).Append(ReadText(in op, ref cursor));
                    break;
                case CdrOpKind.Bytes:
                    int length = ReadCount(in op, ref cursor);
                    Unsafe.As<BinaryBuilder>(builders[op.Slot]).Append(cursor.ReadBytes(length, op.Field));
                    break;
                case CdrOpKind.ScalarList:
                    AppendScalars(in op, ref cursor, builders[op.ElementSlot]);
                    Unsafe.As<ListBuilder>(builders[op.Slot]).EndList();
                    break;
                case CdrOpKind.StringList:
                    if (cursor.IsXcdr2) cursor.Read<uint>(op.Field);
                    for (int remaining = ReadCount(in op, ref cursor); remaining > 0; remaining--)
                    {
                        Unsafe.As<BinaryBuilder>(builders[op.ElementSlot]).Append(ReadText(in op, ref cursor));
                    }

                    Unsafe.As<ListBuilder>(builders[op.Slot]).EndList();
                    break;
                case CdrOpKind.StructList:
                    if (cursor.IsXcdr2) cursor.Read<uint>(op.Field);
                    for (int remaining = ReadCount(in op, ref cursor); remaining > 0; remaining--) Run(i + 1, op.BodyEnd, ref cursor, builders);
                    Unsafe.As<ListBuilder>(builders[op.Slot]).EndList();
                    i = op.BodyEnd - 1;
                    break;
                case CdrOpKind.EndStruct:
                    Unsafe.As<StructBuilder>(builders[op.Slot]).EndStruct();
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AppendScalar(in CdrOp op, ref CdrCursor cursor, ColumnBuilder builder)
    {
        switch (op.Element)
        {
            case RosPrimitive.Float64: Unsafe.As<FixedWidthBuilder<double>>(builder).Append(cursor.Read<double>(op.Field)); break;
            case RosPrimitive.Float32: Unsafe.As<FixedWidthBuilder<float>>(builder).Append(cursor.Read<float>(op.Field)); break;
            case RosPrimitive.Int32: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(cursor.Read<int>(op.Field)); break;
            case RosPrimitive.UInt32: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(cursor.Read<uint>(op.Field)); break;
            case RosPrimitive.Int64: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(cursor.Read<long>(op.Field)); break;
            case RosPrimitive.UInt64: Unsafe.As<FixedWidthBuilder<Int128>>(builder).Append(cursor.Read<ulong>(op.Field)); break;
            case RosPrimitive.Int16: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(cursor.Read<short>(op.Field)); break;
            case RosPrimitive.UInt16: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(cursor.Read<ushort>(op.Field)); break;
            case RosPrimitive.Int8: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(cursor.Read<sbyte>(op.Field)); break;
            case RosPrimitive.UInt8: Unsafe.As<FixedWidthBuilder<int>>(builder).Append(cursor.Read<byte>(op.Field)); break;
            case RosPrimitive.Bool: Unsafe.As<BooleanBuilder>(builder).Append(cursor.Read<byte>(op.Field) != 0); break;
        }
    }

    private static void AppendScalars(in CdrOp op, ref CdrCursor cursor, ColumnBuilder element)
    {
        int count = ReadCount(in op, ref cursor);
        // An empty list has no element to align for.
        if (count == 0) return;
        cursor.Align((int)op.MinElementBytes);
        long size = count * op.MinElementBytes;
        if (size > cursor.Remaining) throw cursor.TooShort(op.Field, size);
        var bytes = cursor.ReadBytes((int)size, op.Field);
        switch (op.Element)
        {
            case RosPrimitive.Float64: AppendRun<double>(bytes, cursor.MustSwap, element); break;
            case RosPrimitive.Float32: AppendRun<float>(bytes, cursor.MustSwap, element); break;
            case RosPrimitive.Int32: AppendRun<int>(bytes, cursor.MustSwap, element); break;
            case RosPrimitive.Int64: AppendRun<long>(bytes, cursor.MustSwap, element); break;
            case RosPrimitive.UInt32:
                foreach (uint value in MemoryMarshal.Cast<byte, uint>(bytes))
                {
                    Unsafe.As<FixedWidthBuilder<long>>(element).Append(cursor.MustSwap ? CdrCursor.Swap(value) : value);
                }

                break;
            case RosPrimitive.UInt64:
                foreach (ulong value in MemoryMarshal.Cast<byte, ulong>(bytes))
                {
                    Unsafe.As<FixedWidthBuilder<Int128>>(element).Append(cursor.MustSwap ? CdrCursor.Swap(value) : value);
                }

                break;
            case RosPrimitive.Int16:
                foreach (short value in MemoryMarshal.Cast<byte, short>(bytes))
                {
                    Unsafe.As<FixedWidthBuilder<int>>(element).Append(cursor.MustSwap ? CdrCursor.Swap(value) : value);
                }

                break;
            case RosPrimitive.UInt16:
                foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(bytes))
                {
                    Unsafe.As<FixedWidthBuilder<int>>(element).Append(cursor.MustSwap ? CdrCursor.Swap(value) : value);
                }

                break;
            case RosPrimitive.Int8:
                foreach (byte value in bytes) Unsafe.As<FixedWidthBuilder<int>>(element).Append((sbyte)value);
                break;
            case RosPrimitive.Bool:
                foreach (byte value in bytes) Unsafe.As<BooleanBuilder>(element).Append(value != 0);
                break;
        }
    }

    private static void AppendRun<T>(ReadOnlySpan<byte> bytes, bool swap, ColumnBuilder element) where T : unmanaged
    {
        var builder = Unsafe.As<FixedWidthBuilder<T>>(element);
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        if (!swap)
        {
            builder.Append(values);
            return;
        }

        foreach (var value in values) builder.Append(CdrCursor.Swap(value));
    }

    /// <summary>Length of an array or sequence, already known to fit into what is left of the payload.</summary>
    private static int ReadCount(in CdrOp op, ref CdrCursor cursor)
    {
        long count = op.FixedCount >= 0 ? op.FixedCount : cursor.Read<uint>(op.Field);
        if (count > op.MaxCount)
        {
            throw new MessageFormatException("MESH10313", cursor.Position, $"at most {op.MaxCount:N0} elements in field '{op.Field}'", $"{count:N0}");
        }

        Int128 size = (Int128)count * op.MinElementBytes;
        if (size > Math.Max(0, cursor.Remaining)) throw cursor.TooShort(op.Field, (long)Int128.Min(size, long.MaxValue));
        return (int)count;
    }

    private static ReadOnlySpan<byte> ReadText(in CdrOp op, ref CdrCursor cursor)
    {
        uint length = cursor.Read<uint>(op.Field);
        if (length > cursor.Remaining) throw cursor.TooShort(op.Field, length);
        var text = cursor.ReadBytes((int)length, op.Field);
        // CDR counts a terminator, but not every writer sends one; as Fast CDR does, only a terminator that is there is dropped.
        if (text is [.. var content, 0]) text = content;
        if (text.Length > op.MaxText)
        {
            throw new MessageFormatException("MESH10313", cursor.Position, $"at most {op.MaxText:N0} bytes of text in field '{op.Field}'", $"{text.Length:N0}");
        }

        if (!Utf8.IsValid(text)) throw new MessageFormatException("MESH10314", cursor.Position - (int)length, $"UTF-8 text in field '{op.Field}'", "other bytes");
        return text;
    }

    /// <summary>A plan's slots filled with the builders of one row.</summary>
    private sealed class Binding
    {
        private readonly ColumnBuilder[] row;

        public Binding(CdrPlan plan, ReadOnlySpan<ColumnBuilder> row)
        {
            if (row.Length != plan.Type.Fields.Count)
            {
                throw new ArgumentException($"The schema has {plan.Type.Fields.Count} columns but {row.Length} builders were given.", nameof(row));
            }

            this.row = row.ToArray();
            Builders = new ColumnBuilder[plan.Slots.Length];
            for (int i = 0; i < Builders.Length; i++)
            {
                var slot = plan.Slots[i];
                var builder = slot.Parent < 0 ? row[slot.Index] : Builders[slot.Parent] switch
                {
                    StructBuilder parent => parent.Children[slot.Index],
                    ListBuilder parent => parent.Element,
                    _ => throw new InvalidOperationException("Only structs and lists have children."),
                };
                // Checked once here, so that the steps may cast without looking.
                if (builder.Type.Kind != slot.Type.Kind) throw new ArgumentException($"A builder of {builder.Type.Kind} was given for {slot.Type.Kind}.", nameof(row));
                Builders[i] = builder;
            }
        }

        public ColumnBuilder[] Builders { get; }

        public bool IsFor(ReadOnlySpan<ColumnBuilder> other)
        {
            if (other.Length != row.Length) return false;
            for (int i = 0; i < row.Length; i++)
            {
                if (!ReferenceEquals(row[i], other[i])) return false;
            }

            return true;
        }
    }
}
