using System.Buffers.Binary;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>Where the stamp of a message lies and what it is counted in.</summary>
/// <param name="Offset">Bytes from the head of the message, without the encapsulation header.</param>
/// <param name="IsUnsigned">Whether the seconds are unsigned, as in ROS 1.</param>
internal readonly record struct WireStamp(int Offset, bool IsUnsigned);

/// <summary>
/// Decodes CDR and ROS 1 payloads. Runs of messages go through code generated for the schema; single messages, and those that the code does
/// not cover, through <see cref="WireReader"/>. Bytes after the last field are tolerated: middlewares pad, and a publisher whose type has
/// grown at the end is read as far as the schema goes.
/// </summary>
internal sealed class WireDecoder(WirePlan plan, bool isRos1, WireStamp? stamp, MessageDecoderOptions options) : MessageDecoder
{
    // Generating code costs as much as reading some thousand messages without it.
    private const int MessagesBeforeCompiling = 512;
    private const int MessagesAtOnce = 4096;
    private const int Ros1Kind = -1;

    private readonly WireRegions regions = new(plan);
    private readonly Dictionary<(WireLayout, bool), DynamicMethod> methods = [];

    // Builders by slot for the rows decoded last. Replaced as a whole, so that decoding on two threads costs time, not correctness.
    private WireBinding? binding;
    private WideTextLayout wideText;
    private long messagesSeen;

    /// <summary>Whether <see cref="DecodeRun"/> may use generated code, from the first message on if so.</summary>
    internal bool? Compiles { get; init; }

    public override StructType Type => plan.Type;

    // Opening and closing the builders for generated code costs more than it saves on a single message.
    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row) => Read(message, Bind(row));

    public override int DecodeRun(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, ReadOnlySpan<ColumnBuilder> row, out MessageFormatException? failure)
    {
        messagesSeen += run.Length;
        if (!MayCompile(row)) return base.DecodeRun(data, run, row, out failure);

        var bound = Bind(row);
        failure = null;
        int done = 0;
        while (true)
        {
            done += DecodeCompiled(data, run[done..], bound, row[0].Length);
            if (done == run.Length) return done;
            // The next one is not as generated code expects it.
            int before = row[0].Length;
            try
            {
                Read(data.Slice(run[done].Offset, run[done].Length), bound);
                done++;
            }
            catch (MessageFormatException exception)
            {
                foreach (var column in row) Truncate(column, before);
                failure = exception;
                return done;
            }

            if (done == run.Length) return done;
        }
    }

    public override bool TryReadStampNs(ReadOnlySpan<byte> message, out long stampNs)
    {
        stampNs = 0;
        if (stamp is not { } place) return false;
        bool isBigEndian = false;
        int offset = place.Offset;
        if (!isRos1)
        {
            // Only where the message begins with its first field.
            if (message.Length < WireCursor.HeaderBytes || !WireCursor.TryParse(BinaryPrimitives.ReadUInt16BigEndian(message), out _, out var root)) return false;
            if (root == WireExtensibility.Mutable) return false;
            isBigEndian = (message[1] & 1) == 0;
            offset += WireCursor.HeaderBytes + (root == WireExtensibility.Appendable ? sizeof(uint) : 0);
        }

        if (message.Length < offset + 8) return false;
        var bytes = message[offset..];
        uint first = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint nanoseconds = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        long seconds = place.IsUnsigned ? first : (int)first;
        // All zero is how ROS says "not set"; more than a second of nanoseconds is no time.
        if ((seconds == 0 && nanoseconds == 0) || nanoseconds > 999_999_999) return false;
        stampNs = (seconds * 1_000_000_000L) + nanoseconds;
        return true;
    }

    private int DecodeCompiled(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, WireBinding bound, int row)
    {
        int done = 0;
        while (done < run.Length)
        {
            var rest = run[done..];
            if (!TryKind(data.Slice(rest[0].Offset, rest[0].Length), out int kind)) return done;
            if (!bound.Compiled.TryGetValue(kind, out var decode)) bound.Compiled[kind] = decode = Compile(kind, bound.Run);
            if (decode is null) return done;

            int header = isRos1 ? 0 : WireCursor.HeaderBytes;
            long least = header + (kind is >= 0x08 and not (0x10 or 0x11) ? sizeof(uint) : plan.Root.MinBytes);
            int count = 0;
            // Room is made only for messages that are long enough to fill it.
            while (count < rest.Length && count < MessagesAtOnce && rest[count].Length >= least
                && TryKind(data.Slice(rest[count].Offset, rest[count].Length), out int other) && other == kind) count++;
            if (count == 0 || !bound.Run.Begin(count)) return done;
            int i = 0;
            for (; i < count; i++)
            {
                var message = data.Slice(rest[i].Offset, rest[i].Length)[header..];
                if (!decode(ref MemoryMarshal.GetReference(message), message.Length, row + done + i)) break;
            }

            done += i;
            bound.Run.End(row + done, isWhole: i == count);
            if (i < count) return done;
        }

        return done;
    }

    private bool MayCompile(ReadOnlySpan<ColumnBuilder> row) =>
        (Compiles ?? (RuntimeFeature.IsDynamicCodeSupported && messagesSeen >= MessagesBeforeCompiling)) && plan.IsRegular && !row.IsEmpty && BitConverter.IsLittleEndian;

    private bool TryKind(ReadOnlySpan<byte> message, out int kind)
    {
        kind = Ros1Kind;
        if (isRos1) return true;
        if (message.Length < WireCursor.HeaderBytes) return false;
        kind = BinaryPrimitives.ReadUInt16BigEndian(message);
        return true;
    }

    private WireDecode? Compile(int kind, WireRun run)
    {
        var layout = WireLayout.Ros1;
        var root = WireExtensibility.Final;
        if (kind != Ros1Kind && ((kind & 1) == 0 || !WireCursor.TryParse(kind, out layout, out root) || root == WireExtensibility.Mutable)) return null;
        bool isDelimited = root == WireExtensibility.Appendable;
        lock (methods)
        {
            ref var method = ref CollectionsMarshal.GetValueRefOrAddDefault(methods, (layout, isDelimited), out _);
            method ??= WireEmitter.Emit(plan, regions, layout, isDelimited);
            return method.CreateDelegate<WireDecode>(run);
        }
    }

    private void Read(ReadOnlySpan<byte> message, WireBinding bound)
    {
        var cursor = isRos1 ? WireCursor.OpenRos1(message) : WireCursor.OpenCdr(message);
        cursor.Budget = options.MaxNestedValues;
        if (plan.HasWideText) ReadWide(message, cursor, bound);
        else WireReader.ReadRow(plan.Root, ref cursor, bound.Builders);
    }

    /// <summary>
    /// Middlewares lay wide text out in three ways and say nothing of it. The one is right that makes sense of the whole message: it reads
    /// without error and leaves less than an alignment's padding. What was right for the last message is tried first.
    /// </summary>
    private void ReadWide(ReadOnlySpan<byte> message, WireCursor start, WireBinding bound)
    {
        MessageFormatException? failure = null;
        int length = bound.Builders[regions.Slots[0][0]].Length;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            var cursor = start;
            cursor.WideText = (WideTextLayout)(((int)wideText + attempt) % 3);
            try
            {
                WireReader.ReadRow(plan.Root, ref cursor, bound.Builders);
                if (cursor.Remaining < sizeof(uint))
                {
                    wideText = cursor.WideText;
                    return;
                }

                failure ??= new MessageFormatException("MESH10318", cursor.Position, "the end of the message in one of the layouts of wide text", $"{cursor.Remaining:N0} bytes more");
            }
            catch (MessageFormatException exception)
            {
                failure = exception;
            }

            foreach (int slot in regions.Slots[0]) Truncate(bound.Builders[slot], length);
        }

        throw failure!;
    }

    private static void Truncate(ColumnBuilder builder, int length)
    {
        if (builder is ListBuilder list && list.Length <= length) list.DiscardOpenElements();
        else builder.Truncate(Math.Min(length, builder.Length));
    }

    private WireBinding Bind(ReadOnlySpan<ColumnBuilder> row)
    {
        var bound = binding;
        if (bound is null || !bound.IsFor(row)) binding = bound = new WireBinding(plan, regions, row);
        return bound;
    }
}
