using System.Globalization;
using Mesh.Columnar;
using Mesh.Commands.Media.Timeline;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Media;

public sealed partial class LocalRecordingMedia
{
    private const string GapRule = "A channel is silent where no message came for longer than five times its median interval and twice the interval that 95 of 100 do not exceed, and for more than a second before its first message and after its last. Channels with fewer than eleven messages have no rule.";

    /// <inheritdoc/>
    public async Task<RecordingTimeline?> GetTimelineAsync(IngestId recording, int columns, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        columns = Math.Clamp(columns, 1, limits.MaxTimelineColumns);
        var channels = new List<TimelineChannel>();
        var gaps = new List<TimelineGap>();
        int regular = 0;
        foreach (var table in found.Sources.GroupBy(source => source.Table.Identifier))
        {
            var counted = await CountAsync(found, [.. table], columns, cancellationToken).ConfigureAwait(false);
            foreach (var (channel, silences) in counted)
            {
                channels.Add(channel);
                if (channel.PeriodSeconds is not null) regular++;
                gaps.AddRange(silences);
            }
        }

        channels.Sort(static (one, other) => string.CompareOrdinal(one.Channel, other.Channel));
        gaps.Sort(static (one, other) => one.From.CompareTo(other.From));
        var losses = LossPlacing.Place(found.Entry.Losses, found.Entry.SizeBytes, found.Duration, regular, gaps);
        return new RecordingTimeline(found.Start, found.Duration, columns, channels, losses, gaps, GapRule, await EventsAsync(found, cancellationToken).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<(TimelineChannel Channel, IReadOnlyList<TimelineGap> Gaps)>> CountAsync(
        LakeRecording recording, IReadOnlyList<MediaSource> sources, int columns, CancellationToken cancellationToken)
    {
        string key = $"timeline {recording.Entry.IngestId} {sources[0].Version} {recording.Start} {recording.EndNs} {columns}";
        if (cache.Find<IReadOnlyList<(TimelineChannel, IReadOnlyList<TimelineGap>)>>(key) is { } known) return known;

        // One pass over two columns, however many channels share the table.
        var byChannel = sources.DistinctBy(source => source.Channel)
            .ToDictionary(source => source.Channel, source => (Source: source, Timeline: new ChannelTimeline(recording.StartNs, recording.EndNs, columns)), StringComparer.Ordinal);
        await foreach (var batch in tables.ScanAsync(recording, sources[0].Table, ["channel", "log_time_ns"], [], cancellationToken).ConfigureAwait(false)) Count(batch, byChannel);

        var result = byChannel.Values.Select(entry =>
        {
            var (source, timeline) = entry;
            IReadOnlyList<TimelineGap> gaps = [.. timeline.FindGaps(limits.MaxGapsPerChannel).Select(gap => new TimelineGap(source.Channel, recording.ToSeconds(gap.FromNs), recording.ToSeconds(gap.ToNs)))];
            return (new TimelineChannel(source.Channel, source.Schema, source.Table.Identifier.ToString(), timeline.Messages, Significant(timeline.PeriodNs), timeline.Counts), gaps);
        }).ToList();
        cache.Keep(key, result, result.Sum(entry => 4L * columns + 60L * entry.gaps.Count + 300));
        return result;
    }

    // The classes of intervals are good for two digits.
    private static double? Significant(double? ns) => ns is { } period ? double.Parse((period / 1e9).ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static void Count(RecordBatch batch, Dictionary<string, (MediaSource Source, ChannelTimeline Timeline)> byChannel)
    {
        var names = batch.Columns[0];
        var times = batch.Columns[1].Values<long>();
        ChannelTimeline? current = null;
        for (int row = 0; row < batch.Length; row++)
        {
            if (row == 0 || !names.GetBytes(row).SequenceEqual(names.GetBytes(row - 1))) current = byChannel.TryGetValue(names.GetString(row), out var entry) ? entry.Timeline : null;
            current?.Add(times[row]);
        }
    }

    private async Task<IReadOnlyList<TimelineEvent>> EventsAsync(LakeRecording recording, CancellationToken cancellationToken)
    {
        var entry = recording.Entry;
        var events = new List<TimelineEvent>();
        foreach (var segment in await RecordingClockViews.ReadAsync(queries, entry.IngestId.ToString(), cancellationToken).ConfigureAwait(false))
        {
            // Every segment of a channel carries all of its steps.
            if (segment.Segment != 0) continue;
            foreach (var jump in segment.Jumps)
            {
                string text = string.Create(CultureInfo.InvariantCulture, $"The clock of {segment.Channel} stepped by {jump.DeltaNs / 1e6:0.###} ms{(jump.Cause is null ? "" : $": {jump.Cause}")}");
                events.Add(new TimelineEvent(recording.ToSeconds(jump.ReceivedNs), null, "clock-jump", text));
            }
        }

        events.Add(new TimelineEvent(null, entry.AcceptedAt, "accepted", "The recording was durable"));
        foreach (var run in entry.Runs)
        {
            if (run.State == RecordingState.DeadLettered) events.Add(new TimelineEvent(null, run.CommittedAt, "dead-lettered", $"{run.Name} could not read it: {run.Reason}"));
            else if (run.CommittedAt is { } committed) events.Add(new TimelineEvent(null, committed, "committed", $"All tables of {run.Name} had it"));
        }

        if (entry.LandingDeletedAt is { } deleted) events.Add(new TimelineEvent(null, deleted, "file-deleted", "Retention deleted the file; its rows stay"));
        return events;
    }
}
