namespace Mesh.Formats.Bus.Dbc;

/// <summary>A message while its file is being read: other sections add to it later.</summary>
internal sealed class DbcMessageDraft
{
    public required string Name;
    public required uint RawId;
    public required int Bytes;
    public required int Place;
    public readonly List<DbcSignalDraft> Signals = [];
    public string Transmitter = "";
    public string Comment = "";
    public string? LongName;
    public string? FrameFormat;
    public double? CycleTimeMs;

    /// <summary>An earlier message of the same identifier: what is said of the identifier holds for both.</summary>
    public DbcMessageDraft? Same;

    public uint Id => RawId & 0x1fffffff;

    // An identifier that is too large for 11 bits and lacks the mark of 29 bits can mean nothing else; some tools write such files.
    public bool IsExtended => (RawId & 0x80000000) != 0 || RawId > 0x7ff;
}

/// <summary>A signal while its file is being read.</summary>
internal sealed class DbcSignalDraft
{
    public required BusSignal Signal;
    public required int Place;

    /// <summary>What stands between name and colon: <c>M</c>, <c>m3</c>, <c>m3M</c> or nothing.</summary>
    public string Mark = "";
    public string? LongName;
    public string? ExtendedMultiplexor;
    public List<BusMultiplexRange>? ExtendedRanges;
}
