namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Where a group's blocks lie.</summary>
/// <param name="DataGroup">DG block.</param>
/// <param name="ChannelGroup">CG block.</param>
/// <param name="Channels">CN blocks, in the order of the layout.</param>
internal readonly record struct Mdf4GroupAddresses(long DataGroup, long ChannelGroup, long[] Channels)
{
    /// <summary>Address of the link to the group's data.</summary>
    public long DataLink => DataGroup + Mdf4BlockFile.HeaderBytes + (2 * 8);

    /// <summary>Address of the link to the values of a variable-length channel.</summary>
    public long ValuesLink(int channel) => Channels[channel] + Mdf4BlockFile.HeaderBytes + (5 * 8);

    /// <summary>Address of the next group's link.</summary>
    public long NextLink => DataGroup + Mdf4BlockFile.HeaderBytes;

    /// <summary>Address of the number of records.</summary>
    public long CycleCount => ChannelGroup + Mdf4BlockFile.HeaderBytes + (6 * 8) + 8;
}
