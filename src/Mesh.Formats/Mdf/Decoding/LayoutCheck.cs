using Mesh.Model;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Refuses layouts that no file can mean, so that what reads by them need not look again.</summary>
internal static class LayoutCheck
{
    // Both far beyond what any recorder writes; they keep sums of them within 32 bits.
    private const int MaxRecordBytes = 1 << 29;
    private const int MaxDimensions = 64;

    /// <exception cref="MeshException"><c>MESH10321</c>, <c>MESH10322</c>.</exception>
    public static void Run(MdfRecordLayout layout)
    {
        if (layout.Group is null) throw Record("group", "it has no name");
        if (layout.DataBytes is < 0 or > MaxRecordBytes) throw Record(layout.Group, $"its records have {layout.DataBytes:N0} bytes of data");
        if (layout.InvalidationBytes is < 0 or > MaxRecordBytes) throw Record(layout.Group, $"its records have {layout.InvalidationBytes:N0} invalidation bytes");
        if (layout.Channels is null) throw Record(layout.Group, "it has no list of channels");
        if (layout.VariableCount < 0 || layout.VariableCount > layout.Channels.Count)
        {
            throw Record(layout.Group, $"it has {layout.VariableCount:N0} values of variable length in {layout.Channels.Count:N0} channels");
        }

        for (int i = 0; i < layout.Channels.Count; i++)
        {
            var channel = layout.Channels[i] ?? throw Record(layout.Group, $"channel {i} is null");
            if (Problem(layout, channel, i) is { } problem) throw new MeshException("MESH10322", $"MDF group '{layout.Group}', channel '{channel.Name}': {problem}. Record or convert the recording again.");
        }
    }

    private static string? Problem(MdfRecordLayout layout, MdfChannelLayout channel, int index)
    {
        if (channel.Name is null) return "it has no name";
        if (channel.ByteOffset < 0 || channel.BitOffset is < 0 or > 7 || channel.BitCount < 0)
        {
            return $"its place, byte {channel.ByteOffset}, bit {channel.BitOffset}, {channel.BitCount} bits, is none";
        }

        if (channel.VariableIndex < -1 || channel.VariableIndex >= layout.VariableCount) return $"its value {channel.VariableIndex} of variable length is not among the {layout.VariableCount}";
        if (channel.InvalidationBit < -1) return $"its invalidation bit is {channel.InvalidationBit}";
        // Structures come before their members, which rules out circles.
        if (channel.Parent < -1 || channel.Parent >= index) return $"its structure {channel.Parent} does not come before it";
        if (channel.SizeChannel < -1 || channel.SizeChannel >= layout.Channels.Count || channel.SizeChannel == index) return $"its size channel {channel.SizeChannel} is none";
        if (channel.Array is { } array)
        {
            if (array.Dimensions is null || array.Strides is null || array.Dimensions.Count != array.Strides.Count || array.Dimensions.Count is 0 or > MaxDimensions)
            {
                return "the dimensions and strides of its array do not match";
            }

            if (array.Dimensions.Any(dimension => dimension < 1)) return "its array has a dimension without elements";
        }

        return Problem(channel.Conversion);
    }

    private static string? Problem(MdfConversion? conversion)
    {
        if (conversion is null) return null;
        if (conversion.Values is null || conversion.References is null || conversion.Formula is null || conversion.Name is null) return "its conversion lacks a part";
        foreach (var reference in conversion.References)
        {
            if (Problem(reference?.Conversion) is { } problem) return problem;
        }

        return null;
    }

    private static MeshException Record(string group, string problem) =>
        new("MESH10321", $"MDF group '{group}': {problem}. Record or convert the recording again.");
}
