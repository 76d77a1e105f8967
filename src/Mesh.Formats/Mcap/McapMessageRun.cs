using System.Globalization;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mcap;

/// <summary>The messages of the block being read, and what is known of those whose channel nothing defines.</summary>
internal sealed class McapMessageRun : MessageRun
{
    private Dictionary<ushort, (long Messages, long Bytes)>? undefined;

    public override void Clear()
    {
        base.Clear();
        undefined?.Clear();
    }

    public void AddUndefined(ushort channelId, int bytes)
    {
        undefined ??= [];
        var (count, sum) = undefined.GetValueOrDefault(channelId);
        undefined[channelId] = (count + 1, sum + bytes);
    }

    /// <summary>Reports the messages whose channel nothing defines, once per channel.</summary>
    public void ReportUndefined(McapLosses losses, long fileOffset)
    {
        if (undefined is null || undefined.Count == 0) return;
        foreach (var (channelId, (count, bytes)) in undefined)
        {
            losses.Add(McapLosses.UndefinedChannel, fileOffset, bytes, string.Create(CultureInfo.InvariantCulture, $"a Channel record with id {channelId} before its messages"),
                string.Create(CultureInfo.InvariantCulture, $"{count} messages without it"));
        }

        undefined.Clear();
    }
}
