using System.Globalization;

namespace Mesh.Formats.Mdf4;

/// <summary>Reads what a file says beside its groups: comments, history, attachments, events, hierarchy.</summary>
internal sealed class Mdf4Metadata(Mdf4BlockReader blocks, Mdf4Header header, Mdf4Definitions definitions)
{
    private const int MaxHierarchyDepth = 32;

    public List<RecordingAttachment> Attachments { get; } = [];

    public List<RecordingEvent> Events { get; } = [];

    public List<RecordingMetadata> Groups { get; } = [];

    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var file = new Dictionary<string, string>(StringComparer.Ordinal) { ["version"] = header.Version, ["program"] = header.Program };
        if (header.Unfinished != 0) file["unfinished_flags"] = $"0x{header.Unfinished:x}";
        if (header.CustomUnfinished != 0) file["custom_unfinished_flags"] = $"0x{header.CustomUnfinished:x}";
        if (header.ZoneMinutes is { } zone) file["time_zone_minutes"] = zone.ToString(CultureInfo.InvariantCulture);
        if (header.IsLocalTime) file["time_zone"] = "local, unknown";
        Groups.Add(new RecordingMetadata("mdf", file));
        if (header.Block is not { } hd) return;
        await AddCommentAsync("header", [], hd.Link(5), cancellationToken).ConfigureAwait(false);
        int number = 0;
        await WalkAsync(hd.Link(1), Mdf4BlockId.FileHistory, "a file history entry", async block =>
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["time"] = Time(block) };
            await AddCommentAsync($"file history {++number}", values, block.Link(1), cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        await WalkAsync(hd.Link(3), Mdf4BlockId.Attachment, "an attachment", async block => Attachments.Add(await AttachmentAsync(block, cancellationToken).ConfigureAwait(false)), cancellationToken, 40)
            .ConfigureAwait(false);
        await WalkAsync(hd.Link(4), Mdf4BlockId.Event, "an event", async block => Events.Add(await EventAsync(block, cancellationToken).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        var hierarchy = new Dictionary<string, string>(StringComparer.Ordinal);
        await HierarchyAsync(hd.Link(2), "", 0, [], hierarchy, cancellationToken).ConfigureAwait(false);
        if (hierarchy.Count > 0) Groups.Add(new RecordingMetadata("channel hierarchy", hierarchy));
        await ReductionsAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Time(Mdf4Block block)
    {
        ulong ns = block.UInt64(0);
        if (ns / 100 > (ulong)(DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks)) return ns.ToString(CultureInfo.InvariantCulture);
        bool isLocal = (block.Byte(12) & 1) != 0;
        return DateTime.UnixEpoch.AddTicks((long)(ns / 100)).ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture) + (isLocal ? "" : "Z");
    }

    private async ValueTask AddCommentAsync(string name, Dictionary<string, string> values, long link, CancellationToken cancellationToken)
    {
        var block = await blocks.ReadAsync(link, Mdf4BlockId.Comment, Mdf4BlockId.Text, cancellationToken).ConfigureAwait(false);
        if (block is not null)
        {
            var (text, properties) = block.Id == Mdf4BlockId.Comment ? Mdf4Xml.Parse(block.Text()) : (block.Text(), []);
            foreach (var (key, value) in properties) values.TryAdd(key, value);
            if (text.Length > 0) values["comment"] = text;
        }

        if (values.Count > 0) Groups.Add(new RecordingMetadata(name, values));
    }

    private async ValueTask WalkAsync(long link, uint kind, string what, Func<Mdf4Block, ValueTask> visit, CancellationToken cancellationToken, int extraContent = int.MaxValue)
    {
        var seen = new HashSet<long>();
        while (link != 0)
        {
            if (!seen.Add(link))
            {
                blocks.Losses.Report(Mdf4Codes.Cycle, link, 0, $"{what} once", "a link back to it");
                return;
            }

            // An attachment's own bytes are not read here.
            var block = await blocks.ReadAsync(link, kind, cancellationToken, extraContent == int.MaxValue ? 64 << 20 : 4096).ConfigureAwait(false);
            if (block is null) return;
            await visit(block).ConfigureAwait(false);
            link = block.Link(0);
        }
    }

    private async ValueTask<RecordingAttachment> AttachmentAsync(Mdf4Block block, CancellationToken cancellationToken)
    {
        ulong size = block.UInt64(24);
        return new RecordingAttachment(
            await definitions.TextAsync(block.Link(1), cancellationToken).ConfigureAwait(false), await definitions.TextAsync(block.Link(2), cancellationToken).ConfigureAwait(false),
            0, 0, (long)Math.Min(size, long.MaxValue), block.Position)
        {
            Comment = await definitions.TextAsync(block.Link(3), cancellationToken).ConfigureAwait(false),
        };
    }

    private async ValueTask<RecordingEvent> EventAsync(Mdf4Block block, CancellationToken cancellationToken)
    {
        string kind = block.Byte(0) switch
        {
            0 => "recording", 1 => "recording interrupt", 2 => "acquisition interrupt", 3 => "start recording trigger", 4 => "stop recording trigger", 5 => "trigger", 6 => "marker",
            var other => $"type {other}",
        };
        kind += block.Byte(2) switch { 1 => " begin", 2 => " end", _ => "" };
        double at = block.Int64(16) * block.Double(24);
        ulong? time = null;
        double ns = Math.Round(at * 1e9);
        if (block.Byte(1) == 1 && Math.Abs(ns) < 9e18) time = (ulong)Int128.Max(0, (Int128)header.StartNs + (long)ns);
        string comment = await definitions.TextAsync(block.Link(4), cancellationToken).ConfigureAwait(false);
        string place = block.Byte(1) switch
        {
            2 => string.Create(CultureInfo.InvariantCulture, $"at {at} rad"), 3 => string.Create(CultureInfo.InvariantCulture, $"at {at} m"),
            4 => string.Create(CultureInfo.InvariantCulture, $"at record {at}"), _ => "",
        };
        return new RecordingEvent(
            await definitions.TextAsync(block.Link(3), cancellationToken).ConfigureAwait(false), kind, time, comment.Length > 0 && place.Length > 0 ? $"{comment} ({place})" : comment + place);
    }

    private async ValueTask HierarchyAsync(long link, string path, int depth, HashSet<long> seen, Dictionary<string, string> found, CancellationToken cancellationToken)
    {
        while (link != 0 && depth < MaxHierarchyDepth && seen.Add(link))
        {
            var block = await blocks.ReadAsync(link, Mdf4BlockId.Hierarchy, cancellationToken).ConfigureAwait(false);
            if (block is null) return;
            string own = path + "/" + await definitions.TextAsync(block.Link(2), cancellationToken).ConfigureAwait(false);
            string kind = block.Byte(4) switch
            {
                0 => "group", 1 => "function", 2 => "structure", 3 => "map list", 4 => "input variables", 5 => "output variables", 6 => "local variables", 7 => "calibration definition",
                8 => "calibration object", var other => $"type {other}",
            };
            found.TryAdd(own, $"{kind}, {block.UInt32(0)} channels");
            await HierarchyAsync(block.Link(1), own, depth + 1, seen, found, cancellationToken).ConfigureAwait(false);
            link = block.Link(0);
        }
    }

    /// <summary>Reduced copies of the data are named, not read: everything in them comes from the data itself.</summary>
    private async ValueTask ReductionsAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in definitions.Groups)
        {
            int number = 0;
            await WalkAsync(group.ReductionLink, Mdf4BlockId.Reduction, "a sample reduction", block =>
            {
                string unit = block.Byte(16) switch { 1 => "s", 2 => "rad", 3 => "m", 4 => "records", _ => "" };
                found.TryAdd(
                    string.Create(CultureInfo.InvariantCulture, $"{group.Name} {++number}"),
                    string.Create(CultureInfo.InvariantCulture, $"{block.UInt64(0)} intervals of {block.Double(8)} {unit}; not read, the data itself is"));
                return ValueTask.CompletedTask;
            }, cancellationToken).ConfigureAwait(false);
        }

        if (found.Count > 0) Groups.Add(new RecordingMetadata("sample reductions", found));
    }
}
