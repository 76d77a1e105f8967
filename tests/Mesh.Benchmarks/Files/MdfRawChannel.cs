namespace Mesh.Benchmarks.Files;

/// <summary>A channel to be written.</summary>
internal sealed record MdfRawChannel(string Name, byte DataType, int At, int Bits, int Bit = 0)
{
    public const byte Fixed = 0, Variable = 1, Master = 2, MaximumLength = 5;
    public const byte Unsigned = 0, Signed = 2, Float = 4, Bytes = 10;

    public byte Type { get; init; }

    public double Offset { get; init; }

    public double Factor { get; init; } = 1;

    /// <summary>Link to the values' group.</summary>
    public long Data { get; init; }

    /// <summary>Whether this is the length of a channel before it.</summary>
    public bool IsSize { get; init; }

    /// <summary>0 when the channel marked <see cref="IsSize"/> is its length; else -1.</summary>
    public int SizeIndex { get; init; } = -1;

    public IReadOnlyList<MdfRawChannel> Members { get; init; } = [];
}
