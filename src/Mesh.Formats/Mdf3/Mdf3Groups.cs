using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf3;

/// <summary>A DG block: records of one or several layouts, one after another.</summary>
internal sealed class Mdf3DataGroup
{
    /// <summary>Where the records begin; 0 for none.</summary>
    public required long Data { get; init; }

    /// <summary>Record ids per record: none, one in front, or one in front and one behind.</summary>
    public required int IdBytes { get; init; }

    public List<Mdf3ChannelGroup> Groups { get; } = [];

    /// <summary>Whether the records carry no ids and so are all of one group.</summary>
    public bool IsSorted => IdBytes == 0;

    /// <summary>Bytes that the groups' counts say.</summary>
    public long ClaimedBytes
    {
        get
        {
            long sum = 0;
            foreach (var group in Groups) sum += group.Cycles * (group.RecordBytes + IdBytes);
            return sum;
        }
    }
}

/// <summary>A CG block: records of one layout.</summary>
internal sealed class Mdf3ChannelGroup
{
    /// <summary>Position among all groups, which is its channel's index.</summary>
    public required int Index { get; init; }

    public required byte RecordId { get; init; }

    public required int RecordBytes { get; init; }

    /// <summary>Records, as the block says.</summary>
    public required long Cycles { get; init; }

    public string Comment { get; set; } = "";

    public string Source { get; set; } = "";

    public List<MdfChannelLayout> Channels { get; } = [];

    /// <summary>Its layout, once all is read.</summary>
    public MdfRecordLayout Layout { get; set; } = null!;

    /// <summary>Its time; null when it has none.</summary>
    public MdfMasterTime? Time { get; set; }
}
