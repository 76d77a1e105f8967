namespace Mesh.Formats.Bus;

/// <summary>A signal in the payload of a message (DBC, <c>SG_</c> and what other sections add to it).</summary>
public sealed record BusSignal
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Start bit as the DBC numbers bits: byte × 8 + bit, bit 0 the least significant. It is the least significant bit of a little-endian
    /// (Intel) signal and the most significant one of a big-endian (Motorola) signal.
    /// </summary>
    public required int StartBit { get; init; }

    /// <summary>Width in bits: 1 to 64, or more when the signal is a text (or other bytes), then a multiple of 8.</summary>
    public required int BitCount { get; init; }

    /// <summary>Whether the bytes are in big-endian (Motorola) order.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the integer is signed (two's complement).</summary>
    public bool IsSigned { get; init; }

    /// <summary>Integer or floating point.</summary>
    public BusSignalValueType ValueType { get; init; }

    /// <summary>Physical value = raw × factor + offset.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Physical value = raw × factor + offset.</summary>
    public double Offset { get; init; }

    /// <summary>Lowest physical value; with <see cref="Maximum"/> equal to it, none is given. Values beyond are given all the same.</summary>
    public double Minimum { get; init; }

    /// <summary>Highest physical value.</summary>
    public double Maximum { get; init; }

    /// <summary>Unit of the physical value; may be empty.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Free text; may be empty.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Raw start value (<c>GenSigStartValue</c>); null when none is given.</summary>
    public double? StartValue { get; init; }

    /// <summary>Whether other signals depend on its value.</summary>
    public bool IsMultiplexor { get; init; }

    /// <summary>Name of the signal that says whether this one is in a frame; null when it always is.</summary>
    public string? Multiplexor { get; init; }

    /// <summary>Values of <see cref="Multiplexor"/> for which this signal is in a frame.</summary>
    public IReadOnlyList<BusMultiplexRange> MultiplexRanges { get; init; } = [];

    /// <summary>Texts of raw values (<c>VAL_</c>), in the file's order; empty when there are none.</summary>
    public IReadOnlyList<KeyValuePair<long, string>> Values { get; init; } = [];

    /// <summary>First payload byte the signal has bits in.</summary>
    public int FirstByte => StartBit >> 3;

    /// <summary>Position of the most significant bit of a big-endian signal in the order the bits are sent: 0 is bit 7 of byte 0.</summary>
    internal int BigEndianBit => (StartBit & ~7) + 7 - (StartBit & 7);

    /// <summary>Bytes a payload needs for the signal to be in it.</summary>
    public int NeededBytes => ((IsBigEndian ? BigEndianBit : StartBit) + BitCount + 7) >> 3;

    /// <summary>Whether it is too wide for a number: its bytes are given as they are, as many as the payload has.</summary>
    public bool IsBytes => BitCount > 64;

    /// <summary>Whether the physical value is the raw one.</summary>
    internal bool IsIdentity => Factor == 1 && Offset == 0;
}
