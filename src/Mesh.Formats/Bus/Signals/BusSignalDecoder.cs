using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Formats.Bus.J1939;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Bus.Signals;

/// <summary>
/// Turns the payloads of one message of a database into columns, one per signal, in runs: a signal at a time over a stretch of messages.
/// </summary>
/// <remarks>
/// The physical value is a double; a signal whose factor is 1 and offset 0 stays an integer (or a float) as wide as needed. A signal with a
/// value table has a second column <c>NAME_text</c>, null where the table has no text. A signal is null where its multiplexor does not select
/// it and where the payload is too short for it. J1939 messages (<see cref="Bus.BusMessage.IsJ1939"/>) begin with their identifier and have
/// columns for its parts.
/// </remarks>
internal sealed class BusSignalDecoder : MessageDecoder
{
    private const int Stretch = 256;
    private const int IdBytes = sizeof(uint);
    private static readonly DecimalType UInt64Type = new(20, 0);

    private readonly bool isJ1939;
    private readonly SignalPlan[] plans;
    private readonly long[] raw = new long[Stretch];
    private readonly bool[] present = new bool[Stretch];
    private readonly long[][] slotRaw;
    private readonly bool[][] slotPresent;

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10304</c>: more columns than allowed.</exception>
    public BusSignalDecoder(BusMessage message, MessageDecoderOptions options)
    {
        isJ1939 = message.IsJ1939;
        var names = new ColumnNames();
        var fields = new List<Field>();
        if (isJ1939)
        {
            foreach (string part in (string[])["source_address", "destination_address", "priority"]) fields.Add(new Field(names.Claim(part), DataType.Int32, Nullable: false));
        }

        var bySignal = new Dictionary<string, SignalPlan>();
        foreach (var signal in message.Signals)
        {
            var plan = new SignalPlan(signal, isJ1939 ? IdBytes : 0, options.RawValues) { Column = fields.Count };
            fields.Add(new Field(names.Claim(signal.Name), TypeOf(plan.Output)) { Doc = Doc(signal) });
            if (plan.Texts is not null) fields.Add(new Field(names.Claim(signal.Name + "_text"), DataType.Utf8));
            bySignal.TryAdd(signal.Name, plan);
            if (bySignal[signal.Name] != plan) bySignal[signal.Name + "\0" + plan.Column] = plan;
            if (fields.Count > options.MaxFields) throw SchemaErrors.TooManyFields(message.Name, options.MaxFields);
        }

        Type = new StructType(fields);
        int slots = 0;
        foreach (var plan in bySignal.Values)
        {
            if (plan.Signal.Multiplexor is not { } multiplexor) continue;
            var parent = bySignal[multiplexor];
            if (parent.Slot < 0) parent.Slot = slots++;
            plan.Parent = parent.Slot;
        }

        slotRaw = NewSlots<long>(slots);
        slotPresent = NewSlots<bool>(slots);
        plans = [.. bySignal.Values.OrderBy(plan => Depth(plan, bySignal))];
    }

    public override StructType Type { get; }

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var whole = new MessageRef(0, 0, 0, 0, 0, message.Length, 0);
        int decoded = DecodeRun(message, new ReadOnlySpan<MessageRef>(in whole), row, out var failure);
        if (decoded == 0) throw failure!;
    }

    public override int DecodeRun(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, ReadOnlySpan<ColumnBuilder> row, out MessageFormatException? failure)
    {
        failure = null;
        int done = 0;
        while (done < run.Length)
        {
            var stretch = run.Slice(done, Math.Min(Stretch, run.Length - done));
            int shortest = int.MaxValue, furthest = 0;
            foreach (ref readonly var message in stretch)
            {
                shortest = Math.Min(shortest, message.Length);
                furthest = Math.Max(furthest, message.Offset);
            }

            if (isJ1939)
            {
                int sound = AppendAddresses(data, stretch, row, shortest, out failure);
                stretch = stretch[..sound];
            }

            foreach (var plan in plans)
            {
                if (plan.Output == SignalOutput.Bytes)
                {
                    AppendBytes(plan, data, stretch, Unsafe.As<BinaryBuilder>(row[plan.Column]));
                    continue;
                }

                bool isWhole = shortest >= plan.NeededBytes && plan.Parent < 0;
                if (isWhole && (long)furthest + plan.LoadEnd <= data.Length) plan.ReadWhole(data, stretch, raw);
                else isWhole = ReadSome(plan, data, stretch);
                if (plan.Slot >= 0) Keep(plan, isWhole, stretch.Length);
                if (isWhole) AppendAll(plan, row[plan.Column], stretch.Length);
                else AppendPresent(plan, row[plan.Column], stretch.Length);
                if (plan.Texts is not null) AppendTexts(plan, Unsafe.As<BinaryBuilder>(row[plan.Column + 1]), isWhole, stretch.Length);
            }

            done += stretch.Length;
            if (failure is not null) break;
        }

        return done;
    }

    private static T[][] NewSlots<T>(int count)
    {
        var slots = new T[count][];
        for (int i = 0; i < count; i++) slots[i] = new T[Stretch];
        return slots;
    }

    private static int Depth(SignalPlan plan, Dictionary<string, SignalPlan> bySignal)
    {
        int depth = 0;
        for (var at = plan; at.Signal.Multiplexor is { } parent; at = bySignal[parent]) depth++;
        return depth;
    }

    private static string? Doc(BusSignal signal) => (signal.Unit.Length, signal.Comment.Length) switch
    {
        (0, 0) => null,
        (0, _) => signal.Comment,
        (_, 0) => signal.Unit,
        _ => $"{signal.Unit}: {signal.Comment}",
    };

    private static DataType TypeOf(SignalOutput output) => output switch
    {
        SignalOutput.Int32 => DataType.Int32,
        SignalOutput.Int64 => DataType.Int64,
        SignalOutput.UInt64 => UInt64Type,
        SignalOutput.Float32 => DataType.Float32,
        SignalOutput.Bytes => DataType.Binary,
        _ => DataType.Float64,
    };

    private static int AppendAddresses(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> stretch, ReadOnlySpan<ColumnBuilder> row, int shortest, out MessageFormatException? failure)
    {
        failure = null;
        for (int i = 0; i < stretch.Length; i++)
        {
            ref readonly var message = ref stretch[i];
            if (shortest < IdBytes && message.Length < IdBytes)
            {
                failure = new MessageFormatException("MESH10509", 0, "the four bytes of a J1939 identifier", $"a message of {message.Length}");
                return i;
            }

            uint id = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data[message.Offset..]);
            Unsafe.As<FixedWidthBuilder<int>>(row[0]).Append(J1939Id.SourceAddress(id));
            Unsafe.As<FixedWidthBuilder<int>>(row[1]).Append(J1939Id.DestinationAddress(id));
            Unsafe.As<FixedWidthBuilder<int>>(row[2]).Append(J1939Id.Priority(id));
        }

        return stretch.Length;
    }

    /// <summary>Reads message by message, because some are short, at the end of the data, or not selected.</summary>
    /// <returns>Whether all have the signal.</returns>
    private bool ReadSome(SignalPlan plan, ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> stretch)
    {
        bool isWhole = true;
        for (int i = 0; i < stretch.Length; i++)
        {
            ref readonly var message = ref stretch[i];
            bool has = IsPresent(plan, message.Length, i);
            present[i] = has;
            isWhole &= has;
            raw[i] = has ? plan.Read(data.Slice(message.Offset, message.Length)) : 0;
        }

        return isWhole;
    }

    private void AppendBytes(SignalPlan plan, ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> stretch, BinaryBuilder column)
    {
        for (int i = 0; i < stretch.Length; i++)
        {
            ref readonly var message = ref stretch[i];
            if (IsPresent(plan, message.Length, i)) column.Append(plan.ReadBytes(data.Slice(message.Offset, message.Length)));
            else column.AppendNull();
        }
    }

    private bool IsPresent(SignalPlan plan, int length, int index) => length >= plan.NeededBytes
        && (plan.Parent < 0 || (slotPresent[plan.Parent][index] && plan.IsSelectedBy(slotRaw[plan.Parent][index])));

    private void Keep(SignalPlan plan, bool isWhole, int count)
    {
        raw.AsSpan(0, count).CopyTo(slotRaw[plan.Slot]);
        if (isWhole) slotPresent[plan.Slot].AsSpan(0, count).Fill(true);
        else present.AsSpan(0, count).CopyTo(slotPresent[plan.Slot]);
    }

    private void AppendAll(SignalPlan plan, ColumnBuilder column, int count)
    {
        double factor = plan.Signal.Factor, offset = plan.Signal.Offset;
        var values = raw.AsSpan(0, count);
        switch (plan.Output)
        {
            case SignalOutput.Int32:
                var integers = Unsafe.As<FixedWidthBuilder<int>>(column).Reserve(count);
                for (int i = 0; i < values.Length; i++) integers[i] = (int)values[i];
                Unsafe.As<FixedWidthBuilder<int>>(column).Commit(count);
                break;
            case SignalOutput.Int64:
                Unsafe.As<FixedWidthBuilder<long>>(column).Append(values);
                break;
            case SignalOutput.UInt64:
                foreach (long value in values) Unsafe.As<FixedWidthBuilder<Int128>>(column).Append((ulong)value);
                break;
            case SignalOutput.Float32:
                var singles = Unsafe.As<FixedWidthBuilder<float>>(column).Reserve(count);
                for (int i = 0; i < values.Length; i++) singles[i] = BitConverter.Int32BitsToSingle((int)values[i]);
                Unsafe.As<FixedWidthBuilder<float>>(column).Commit(count);
                break;
            default:
                var results = Unsafe.As<FixedWidthBuilder<double>>(column).Reserve(count);
                if (plan.Output == SignalOutput.ScaledInteger)
                {
                    for (int i = 0; i < values.Length; i++) results[i] = (values[i] * factor) + offset;
                }
                else
                {
                    for (int i = 0; i < values.Length; i++) results[i] = Physical(plan, values[i]);
                }

                Unsafe.As<FixedWidthBuilder<double>>(column).Commit(count);
                break;
        }
    }

    private void AppendPresent(SignalPlan plan, ColumnBuilder column, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!present[i]) column.AppendNull();
            else if (plan.Output == SignalOutput.Int32) Unsafe.As<FixedWidthBuilder<int>>(column).Append((int)raw[i]);
            else if (plan.Output == SignalOutput.Int64) Unsafe.As<FixedWidthBuilder<long>>(column).Append(raw[i]);
            else if (plan.Output == SignalOutput.UInt64) Unsafe.As<FixedWidthBuilder<Int128>>(column).Append((ulong)raw[i]);
            else if (plan.Output == SignalOutput.Float32) Unsafe.As<FixedWidthBuilder<float>>(column).Append(BitConverter.Int32BitsToSingle((int)raw[i]));
            else Unsafe.As<FixedWidthBuilder<double>>(column).Append(Physical(plan, raw[i]));
        }
    }

    private void AppendTexts(SignalPlan plan, BinaryBuilder column, bool isWhole, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if ((isWhole || present[i]) && plan.Texts!.TryGetValue(raw[i], out byte[]? text)) column.Append(text);
            else column.AppendNull();
        }
    }

    private static double Physical(SignalPlan plan, long raw)
    {
        double value = plan.Output switch
        {
            SignalOutput.Float64 or SignalOutput.ScaledFloat64 => BitConverter.Int64BitsToDouble(raw),
            SignalOutput.ScaledFloat32 => BitConverter.Int32BitsToSingle((int)raw),
            SignalOutput.ScaledUInt64 => (ulong)raw,
            _ => raw,
        };
        return plan.Output == SignalOutput.Float64 ? value : (value * plan.Signal.Factor) + plan.Signal.Offset;
    }
}
