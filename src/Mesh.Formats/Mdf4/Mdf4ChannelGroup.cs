using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <summary>A CG block: records of one layout.</summary>
internal sealed class Mdf4ChannelGroup
{
    public const ushort VariableLengthFlag = 1;
    public const ushort BusEventFlag = 2;
    public const ushort RemoteMasterFlag = 8;

    /// <summary>Position among all groups of the file.</summary>
    public required int Index { get; init; }

    public required Mdf4DataGroup DataGroup { get; init; }

    public required long Position { get; init; }

    public required ulong RecordId { get; init; }

    public required long CycleCount { get; init; }

    public required ushort Flags { get; init; }

    public required int DataBytes { get; init; }

    public required int InvalidationBytes { get; init; }

    /// <summary>Bytes of all values of a group that only holds those of a variable-length channel; 0 in others.</summary>
    public long ValueBytes { get; init; }

    /// <summary>Link to the group that holds the master; 0 for none.</summary>
    public required long MasterLink { get; init; }

    /// <summary>Link to the first reduced copy of the data.</summary>
    public required long ReductionLink { get; init; }

    public string Name { get; set; } = "";

    public string Source { get; set; } = "";

    public string SourcePath { get; set; } = "";

    public string Bus { get; set; } = "";

    public string Comment { get; set; } = "";

    public List<MdfChannelLayout> Channels { get; } = [];

    /// <summary>Variable-length channels, in order of their index.</summary>
    public List<Mdf4VariableChannel> Variables { get; } = [];

    /// <summary>Position in <see cref="Channels"/> of the master; -1 for none.</summary>
    public int Master { get; set; } = -1;

    /// <summary>Channels whose array elements lie in other groups: only element 0 is in the record.</summary>
    public int TemplateArrays { get; set; }

    /// <summary>Index of the recording's channel; -1 for a group that only holds the values of a variable-length channel.</summary>
    public int ChannelIndex { get; set; } = -1;

    /// <summary>The layout of its messages.</summary>
    public MdfRecordLayout? Layout { get; set; }

    public bool IsVariableLength => (Flags & VariableLengthFlag) != 0;

    /// <summary>Bytes of a record without its id.</summary>
    public int RecordBytes => DataBytes + InvalidationBytes;
}
