using System.Globalization;
using Mesh.Commands.Recordings;
using Mesh.Formats;

namespace Mesh.Commands.Inspect;

/// <summary>Tells what is in a recording: from its index where it has one, else by reading it.</summary>
public static class RecordingInspector
{
    private const long MaxUnaskedBytes = 256L << 20;

    /// <summary>Looks into a recording.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="full">Whether every message is read even where an index would do; then all damage is found.</param>
    /// <param name="options">How to read.</param>
    /// <param name="progress">Told how far reading has come.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="Mesh.Model.MeshException">The file cannot be opened or is no recording.</exception>
    public static async Task<RecordingReport> InspectAsync(
        string path, bool full, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        var reader = await RecordingInput.OpenAsync(path, options, progress, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var summary = await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
            var report = new RecordingReport(
                path, SizeOf(path), FormatOf(reader.Format, summary?.Version), true, 0, null, null, null, [], summary?.Attachments ?? [], summary?.Events ?? [], summary?.Metadata ?? [], []);
            bool indexTellsAll = summary?.Messages is { } messages && (messages == 0 || summary.Channels.Count > 0) && summary.Channels.All(channel => channel.Messages is not null);

            // Which buses are in the groups of a bus log is known only when it has been read: a small one is, a large one not unasked.
            bool indexMustDo = summary?.Messages is not null && report.SizeBytes > MaxUnaskedBytes;
            return !full && options.Query.IsAll && (indexTellsAll || indexMustDo)
                ? FromIndex(report, reader, summary!)
                : await FromMessagesAsync(report, reader, cancellationToken).ConfigureAwait(false);
        }
    }

    private static RecordingReport FromIndex(RecordingReport report, RecordingReader reader, RecordingSummary summary)
    {
        double? seconds = summary is { StartTimeNs: { } start, EndTimeNs: { } end } ? (end - start) / 1e9 : null;
        return report with
        {
            Messages = summary.Messages ?? 0,
            StartTime = summary.StartTimeNs is { } first ? TimeText(first) : null,
            EndTime = summary.EndTimeNs is { } last ? TimeText(last) : null,
            DurationSeconds = seconds,
            Channels = Sorted(summary.Channels.Select(entry => Describe(entry.Channel, entry.Messages, null, entry.Messages > 1 && seconds > 0 ? entry.Messages / seconds : null))),
            Losses = [.. reader.Losses],
        };
    }

    private static async Task<RecordingReport> FromMessagesAsync(RecordingReport report, RecordingReader reader, CancellationToken cancellationToken)
    {
        var counts = new List<Count>();
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            while (counts.Count < reader.Channels.Count) counts.Add(new Count());
            foreach (ref readonly var message in block.Messages.Span) counts[message.ChannelIndex].Add(message);
        }

        while (counts.Count < reader.Channels.Count) counts.Add(new Count());
        var used = counts.Where(count => count.Messages > 0).ToList();
        ulong first = used.Count == 0 ? 0 : used.Min(count => count.First);
        ulong last = used.Count == 0 ? 0 : used.Max(count => count.Last);
        return report with
        {
            FromIndex = false,
            Messages = counts.Sum(count => count.Messages),
            StartTime = used.Count == 0 ? null : TimeText(first),
            EndTime = used.Count == 0 ? null : TimeText(last),
            DurationSeconds = used.Count == 0 ? null : (last - first) / 1e9,
            Channels = Sorted(reader.Channels.Select(channel => counts[channel.Index]).Zip(reader.Channels, (count, channel) => Describe(channel, count.Messages, count.Bytes, count.Hertz))),
            Losses = [.. reader.Losses],
        };
    }

    private static ChannelReport Describe(RecordingChannel channel, long? messages, long? bytes, double? hertz) =>
        new(channel.Topic, channel.Schema?.Name ?? "", channel.MessageEncoding, channel.Schema?.Encoding ?? "", messages, bytes, hertz);

    private static List<ChannelReport> Sorted(IEnumerable<ChannelReport> channels) => [.. channels.OrderBy(channel => channel.Topic, StringComparer.Ordinal)];

    private static string FormatOf(RecordingFormat format, string? version)
    {
        string name = format switch
        {
            RecordingFormat.Mcap => "MCAP",
            RecordingFormat.Mdf4 or RecordingFormat.Mdf3 => "ASAM MDF",
            RecordingFormat.Ros1Bag => "ROS 1 bag",
            RecordingFormat.Ros2Bag => "ROS 2 bag",
            RecordingFormat.Blf => "Vector BLF",
            RecordingFormat.Asc => "Vector ASC",
            _ => "PEAK TRC",
        };
        return string.IsNullOrEmpty(version) ? name : $"{name} {version}";
    }

    private static long SizeOf(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Sum(file => new FileInfo(file).Length) : File.Exists(path) ? new FileInfo(path).Length : 0;

    private static string TimeText(ulong nanoseconds) => nanoseconds / 100 > (ulong)(DateTime.MaxValue - DateTime.UnixEpoch).Ticks
        ? nanoseconds.ToString(CultureInfo.InvariantCulture) + " ns"
        : DateTime.UnixEpoch.AddTicks((long)(nanoseconds / 100)).ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture) + "Z";

    private sealed class Count
    {
        public long Messages { get; private set; }

        public ulong First { get; private set; } = ulong.MaxValue;

        public ulong Last { get; private set; }

        public long Bytes { get; private set; }

        public double? Hertz => Messages > 1 && Last > First ? (Messages - 1) / ((Last - First) / 1e9) : null;

        public void Add(in MessageRef message)
        {
            Messages++;
            Bytes += message.Length;
            First = Math.Min(First, message.LogTimeNs);
            Last = Math.Max(Last, message.LogTimeNs);
        }
    }
}
