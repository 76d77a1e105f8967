using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Mesh.Formats.Bus.Signals;

/// <summary>What a signal becomes.</summary>
internal enum SignalOutput
{
    Int32,
    Int64,
    UInt64,
    Float32,
    Float64,

    /// <summary>An integer times factor plus offset.</summary>
    ScaledInteger,

    /// <summary>An unsigned 64-bit integer times factor plus offset.</summary>
    ScaledUInt64,

    /// <summary>A single times factor plus offset.</summary>
    ScaledFloat32,

    /// <summary>A double times factor plus offset.</summary>
    ScaledFloat64,

    /// <summary>The bytes as they are.</summary>
    Bytes,
}

/// <summary>
/// How a signal is taken out of a payload: eight bytes from its first one are loaded as a big- or little-endian integer, shifted left until the
/// signal's most significant bit is the top one, and shifted back right to the bottom, with sign or without. A signal that is spread over nine
/// bytes takes its last bits from the ninth.
/// </summary>
internal sealed class SignalPlan
{
    private readonly int firstByte;
    private readonly int shiftLeft;
    private readonly int shiftRight;
    private readonly bool isBigEndian;
    private readonly bool isSigned;
    private readonly bool isNineBytes;

    public SignalPlan(BusSignal signal, int payloadStart, bool rawValues)
    {
        Signal = signal;
        isBigEndian = signal.IsBigEndian;
        isSigned = signal.IsSigned && signal.ValueType == BusSignalValueType.Integer;
        int firstBit = isBigEndian ? signal.BigEndianBit : signal.StartBit;
        firstByte = payloadStart + (firstBit >> 3);
        NeededBytes = signal.IsBytes ? firstByte + 1 : payloadStart + signal.NeededBytes;
        int bit = firstBit & 7;
        isNineBytes = bit + signal.BitCount > 64;
        shiftLeft = isBigEndian ? bit : 64 - bit - signal.BitCount;
        shiftRight = 64 - signal.BitCount;
        Output = OutputOf(signal, rawValues);
        if (!rawValues && signal.Values.Count > 0 && !signal.IsBytes && signal.ValueType == BusSignalValueType.Integer)
        {
            Texts = new Dictionary<long, byte[]>(signal.Values.Count);
            foreach (var (value, text) in signal.Values) Texts[Wrap(value)] = Encoding.UTF8.GetBytes(text);
        }
    }

    public BusSignal Signal { get; }

    /// <summary>Bytes a message needs for the signal to be in it.</summary>
    public int NeededBytes { get; }

    public SignalOutput Output { get; }

    /// <summary>Texts by raw value; null when there is no text column.</summary>
    public Dictionary<long, byte[]>? Texts { get; }

    public int Column { get; set; }

    /// <summary>Slot of the multiplexor this depends on; -1 for none.</summary>
    public int Parent { get; set; } = -1;

    /// <summary>Slot in which its raw values are kept for those that depend on it; -1 for none.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>The bytes that <see cref="ReadWhole"/> loads, counted from the message's first one.</summary>
    public int LoadEnd => firstByte + (isNineBytes ? 9 : 8);

    /// <summary>Raw values of messages that all have the signal and lie at least <see cref="LoadEnd"/> bytes before the end of the data.</summary>
    public void ReadWhole(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, Span<long> raw)
    {
        // The caller has compared the furthest message with the end of the data, so no load needs its own check.
        ref byte start = ref Unsafe.Add(ref MemoryMarshal.GetReference(data), firstByte);
        int left = shiftLeft, right = shiftRight;
        raw = raw[..run.Length];
        if (isNineBytes)
        {
            for (int i = 0; i < raw.Length; i++) raw[i] = Nine(ref Unsafe.Add(ref start, run[i].Offset));
        }
        else if (isBigEndian && isSigned)
        {
            for (int i = 0; i < raw.Length; i++) raw[i] = (long)(BinaryPrimitives.ReverseEndianness(Load(ref start, run[i].Offset)) << left) >> right;
        }
        else if (isBigEndian)
        {
            for (int i = 0; i < raw.Length; i++) raw[i] = (long)((BinaryPrimitives.ReverseEndianness(Load(ref start, run[i].Offset)) << left) >> right);
        }
        else if (isSigned)
        {
            for (int i = 0; i < raw.Length; i++) raw[i] = (long)(Load(ref start, run[i].Offset) << left) >> right;
        }
        else
        {
            for (int i = 0; i < raw.Length; i++) raw[i] = (long)((Load(ref start, run[i].Offset) << left) >> right);
        }
    }

    /// <summary>Raw value of one message that has the signal, wherever it lies.</summary>
    public long Read(ReadOnlySpan<byte> message)
    {
        Span<byte> padded = stackalloc byte[9];
        padded.Clear();
        var bytes = message[firstByte..];
        bytes[..Math.Min(bytes.Length, 9)].CopyTo(padded);
        return Nine(ref padded[0]);
    }

    /// <summary>The bytes of a signal that is no number, as many as the message has of them.</summary>
    public ReadOnlySpan<byte> ReadBytes(ReadOnlySpan<byte> message)
    {
        var rest = message[firstByte..];
        return rest[..Math.Min(rest.Length, Signal.BitCount >> 3)];
    }

    public bool IsSelectedBy(long multiplexor)
    {
        foreach (var range in Signal.MultiplexRanges)
        {
            if (multiplexor >= range.First && multiplexor <= range.Last) return true;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(ref byte start, int offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));

    private long Nine(ref byte start)
    {
        ulong low = Unsafe.ReadUnaligned<ulong>(ref start);
        ulong aligned;
        if (isBigEndian)
        {
            aligned = BinaryPrimitives.ReverseEndianness(low) << shiftLeft;
            if (isNineBytes) aligned |= (ulong)Unsafe.Add(ref start, 8) >> (8 - shiftLeft);
        }
        else if (isNineBytes)
        {
            // The left shift is negative: the ninth byte's bits go above those that the right shift leaves.
            int bit = 64 - shiftLeft - Signal.BitCount;
            aligned = ((low >> bit) | ((ulong)Unsafe.Add(ref start, 8) << (64 - bit))) << shiftRight;
        }
        else
        {
            aligned = low << shiftLeft;
        }

        return isSigned ? (long)aligned >> shiftRight : (long)(aligned >> shiftRight);
    }

    /// <summary>The raw value that a key of a value table stands for: some tools write the keys of signed signals without sign, and the other way round.</summary>
    private long Wrap(long value)
    {
        int bits = Signal.BitCount;
        return isSigned ? value << (64 - bits) >> (64 - bits) : (long)((ulong)value << (64 - bits) >> (64 - bits));
    }

    private static SignalOutput OutputOf(BusSignal signal, bool rawValues)
    {
        bool asStored = rawValues || signal.IsIdentity;
        if (signal.IsBytes) return SignalOutput.Bytes;
        return signal.ValueType switch
        {
            BusSignalValueType.Float32 => asStored ? SignalOutput.Float32 : SignalOutput.ScaledFloat32,
            BusSignalValueType.Float64 => asStored ? SignalOutput.Float64 : SignalOutput.ScaledFloat64,
            _ when asStored && signal.BitCount <= (signal.IsSigned ? 32 : 31) => SignalOutput.Int32,
            _ when asStored && signal.BitCount <= (signal.IsSigned ? 64 : 63) => SignalOutput.Int64,
            _ when asStored => SignalOutput.UInt64,
            _ when signal.BitCount == 64 && !signal.IsSigned => SignalOutput.ScaledUInt64,
            _ => SignalOutput.ScaledInteger,
        };
    }
}
