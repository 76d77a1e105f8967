using System.Globalization;
using Mesh.Columnar;
using Mesh.Commands.Media.Frames;
using Mesh.Commands.Media.Video;
using Mesh.Model;

namespace Mesh.Commands.Media;

public sealed partial class LocalRecordingMedia
{
    /// <inheritdoc/>
    public async Task<RecordingFrames?> ListFramesAsync(IngestId recording, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        var channels = new List<FrameChannel>();
        foreach (var source in found.Sources)
        {
            if (source.Kind is MediaKind.Image or MediaKind.Points or MediaKind.Video) channels.Add(await DescribeAsync(found, source, cancellationToken).ConfigureAwait(false));
        }

        return new RecordingFrames(found.Start, found.Duration, channels);
    }

    private async Task<FrameChannel> DescribeAsync(LakeRecording recording, MediaSource source, CancellationToken cancellationToken)
    {
        string key = $"frames {recording.Entry.IngestId} {source.Version} {recording.Start} {source.Schema} {source.Channel}";
        if (cache.Find<FrameChannel>(key) is { } known) return known;
        var index = await IndexAsync(recording, source, cancellationToken).ConfigureAwait(false);
        string format = index.Frames.Count == 0 ? "" : await FormatAsync(recording, source, index.Frames[0], cancellationToken).ConfigureAwait(false);
        bool isVideo = source.Kind == MediaKind.Video || IsVideo(format);
        var keys = isVideo ? await FindKeyFramesAsync(recording, source, format, cancellationToken).ConfigureAwait(false) : ((IReadOnlyList<double>? Times, double? Until))(null, null);
        var times = Thin(recording, index);
        var channel = new FrameChannel(
            source.Channel, isVideo ? MediaKind.Video : source.Kind, source.Schema, format, index.Total, times, times.Length < index.Total, source.Version, keys.Times, keys.Until);
        cache.Keep(key, channel, 8L * times.Length + 500);
        return channel;
    }

    private double[] Thin(LakeRecording recording, FrameIndex index)
    {
        int count = Math.Min(index.Frames.Count, limits.MaxListedTimes);
        double[] times = new double[count];
        for (int i = 0; i < count; i++)
        {
            // The first and the last stay.
            long place = count > 1 ? (long)i * (index.Frames.Count - 1) / (count - 1) : 0;
            times[i] = recording.ToSeconds(index.Frames[(int)place].TimeNs);
        }

        return times;
    }

    private async Task<FrameIndex> IndexAsync(LakeRecording recording, MediaSource source, CancellationToken cancellationToken)
    {
        string key = $"index {recording.Entry.IngestId} {source.Version} {source.Channel}";
        if (cache.Find<FrameIndex>(key) is { } known) return known;
        var index = new FrameIndex();
        await foreach (var batch in tables.ScanAsync(recording, source.Table, ["log_time_ns", "sequence"], [OfChannel(source)], cancellationToken).ConfigureAwait(false))
        {
            index.Add(batch.Columns[0].Values<long>(), batch.Columns[1].Values<long>(), limits.MaxIndexedFrames);
        }

        index.Sort();
        cache.Keep(key, index, index.EstimatedBytes);
        return index;
    }

    /// <summary>What the first message says, without its payload.</summary>
    private async Task<string> FormatAsync(LakeRecording recording, MediaSource source, (long TimeNs, long Sequence) frame, CancellationToken cancellationToken)
    {
        List<string> columns = [.. new[] { "format", "encoding", "width", "height", "fields", "field_names" }.Where(name => source.ColumnOf(name) is not null)];
        await foreach (var batch in tables.ScanAsync(recording, source.Table, columns, RowOf(source, frame), cancellationToken).ConfigureAwait(false))
        {
            string text = Text("format") ?? Text("encoding") ?? "";
            string size = source.ColumnOf("width") is null || source.ColumnOf("height") is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{Numbers.WholeAt(batch["width"], 0)}×{Numbers.WholeAt(batch["height"], 0)}");
            return source.Kind == MediaKind.Points ? string.Join(' ', CloudFields.Of(batch).Select(field => field.Name).Take(12)) : $"{text} {size}".Trim();

            string? Text(string name) => source.ColumnOf(name) is null || batch[name].IsNull(0) ? null : Short(batch[name].GetString(0));
        }

        return "";
    }

    private async Task<(IReadOnlyList<double> Times, double? Until)> FindKeyFramesAsync(LakeRecording recording, MediaSource source, string format, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        long seen = 0;
        double until = 0;
        bool isHevc = format.Contains("265", StringComparison.Ordinal) || format.Contains("hevc", StringComparison.OrdinalIgnoreCase);
        await foreach (var batch in tables.ScanAsync(recording, source.Table, ["log_time_ns", "data"], [OfChannel(source)], cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < batch.Length; row++)
            {
                if (seen > limits.MaxKeyframeBytes || times.Count >= limits.MaxListedTimes) return (times, until);
                var piece = batch.Columns[1].Type.Kind == TypeKind.Binary ? batch.Columns[1].GetBytes(row) : [];
                until = recording.ToSeconds(batch.Columns[0].Values<long>()[row]);
                seen += piece.Length + 1;
                if (KeyFrames.IsKey(piece, isHevc)) times.Add(until);
            }
        }

        times.Sort();
        return (times, null);
    }

    private static Predicate[] RowOf(MediaSource source, (long TimeNs, long Sequence) frame) =>
    [
        OfChannel(source),
        new ComparisonPredicate("log_time_ns", ComparisonOperator.Equal, frame.TimeNs),
        new ComparisonPredicate("sequence", ComparisonOperator.Equal, frame.Sequence),
    ];

    private static bool IsVideo(string format) => format.StartsWith("h26", StringComparison.OrdinalIgnoreCase) || format.StartsWith("hevc", StringComparison.OrdinalIgnoreCase)
        || format.StartsWith("vp9", StringComparison.OrdinalIgnoreCase) || format.StartsWith("av1", StringComparison.OrdinalIgnoreCase);

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
