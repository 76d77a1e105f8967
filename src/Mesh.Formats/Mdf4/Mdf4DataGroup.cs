namespace Mesh.Formats.Mdf4;

/// <summary>A DG block: records of one or several groups in one stream of data.</summary>
internal sealed class Mdf4DataGroup
{
    public required int Index { get; init; }

    public required long Position { get; init; }

    /// <summary>Bytes of a record id before each record: 0, 1, 2, 4 or 8.</summary>
    public required int RecordIdBytes { get; init; }

    /// <summary>Link to DT, DV, DZ, DL, LD or HL; 0 for none.</summary>
    public required long DataLink { get; init; }

    public List<Mdf4ChannelGroup> Groups { get; } = [];
}
