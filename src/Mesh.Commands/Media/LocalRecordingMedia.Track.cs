using Mesh.Columnar;
using Mesh.Commands.Media.Track;
using Mesh.Model;

namespace Mesh.Commands.Media;

public sealed partial class LocalRecordingMedia
{
    /// <inheritdoc/>
    public async Task<RecordingTrack?> GetTrackAsync(IngestId recording, string? channel, double tolerance, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        tolerance = double.IsFinite(tolerance) ? Math.Clamp(tolerance, 0.05, 10_000) : 2;
        var sources = found.Sources.Where(source => source.Kind == MediaKind.Fix).ToList();
        FixList? best = null;
        MediaSource? chosen = null;
        foreach (var source in sources)
        {
            if (channel is not null && source.Channel != channel) continue;
            var fixes = await ReadFixesAsync(found, source, cancellationToken).ConfigureAwait(false);
            if (best is not null && fixes.Total - fixes.Invalid <= best.Total - best.Invalid) continue;
            (best, chosen) = (fixes, source);
        }

        return best is null ? null : TrackBuilder.Build(found, chosen!.Channel, [.. sources.Select(source => source.Channel).Distinct()], best, tolerance, limits);
    }

    private async Task<FixList> ReadFixesAsync(LakeRecording recording, MediaSource source, CancellationToken cancellationToken)
    {
        string key = $"fixes {recording.Entry.IngestId} {source.Version} {recording.Start} {source.Channel}";
        if (cache.Find<FixList>(key) is { } known) return known;
        string? altitude = source.ColumnOf("altitude"), status = source.ColumnOf("status");
        List<string> columns = ["log_time_ns", "latitude", "longitude"];
        if (altitude is not null) columns.Add(altitude);
        if (status is not null) columns.Add(status);

        var fixes = new FixList(recording.StartNs, recording.EndNs, limits.MaxFixes);
        await foreach (var batch in tables.ScanAsync(recording, source.Table, columns, [OfChannel(source)], cancellationToken).ConfigureAwait(false))
        {
            fixes.Add(batch.Columns[0].Values<long>(), batch.Columns[1], batch.Columns[2], altitude is null ? null : batch[altitude], status is null ? null : batch[status]);
        }

        fixes.Complete(limits.MaxGapsPerChannel);
        cache.Keep(key, fixes, fixes.EstimatedBytes);
        return fixes;
    }

    private static ComparisonPredicate OfChannel(MediaSource source) => new("channel", ComparisonOperator.Equal, source.Channel);
}
