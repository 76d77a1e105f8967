using System.Globalization;
using Mesh.Formats;
using Mesh.Storage;

namespace Mesh.Commands.Inspect;

/// <summary>Counts what is in a recording.</summary>
public static class RecordingInspector
{
    /// <summary>Reads a recording from beginning to end.</summary>
    /// <exception cref="Mesh.Model.MeshException">The file cannot be opened or is no recording.</exception>
    public static async Task<RecordingReport> InspectAsync(string path, CancellationToken cancellationToken)
    {
        var source = new FileByteSource(path);
        long size = source.Length;
        var reader = await RecordingFormats.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var counts = new List<Count>();
            while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
            {
                while (counts.Count < reader.Channels.Count) counts.Add(new Count());
                foreach (ref readonly var message in block.Messages.Span) counts[message.ChannelIndex].Add(message);
            }

            while (counts.Count < reader.Channels.Count) counts.Add(new Count());
            var channels = reader.Channels.Select(channel => counts[channel.Index].ToReport(channel)).OrderBy(channel => channel.Topic, StringComparer.Ordinal).ToList();
            var used = counts.Where(count => count.Messages > 0).ToList();
            ulong first = used.Count == 0 ? 0 : used.Min(count => count.First);
            ulong last = used.Count == 0 ? 0 : used.Max(count => count.Last);
            return new RecordingReport(
                path, size, counts.Sum(count => count.Messages), used.Count == 0 ? null : TimeText(first), used.Count == 0 ? null : TimeText(last),
                used.Count == 0 ? null : (last - first) / 1e9, channels, [.. reader.Losses]);
        }
    }

    private static string TimeText(ulong nanoseconds) => nanoseconds / 100 > (ulong)(DateTime.MaxValue - DateTime.UnixEpoch).Ticks
        ? nanoseconds.ToString(CultureInfo.InvariantCulture) + " ns"
        : DateTime.UnixEpoch.AddTicks((long)(nanoseconds / 100)).ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture) + "Z";

    private sealed class Count
    {
        public long Messages { get; private set; }

        public ulong First { get; private set; } = ulong.MaxValue;

        public ulong Last { get; private set; }

        private long Bytes { get; set; }

        public void Add(in MessageRef message)
        {
            Messages++;
            Bytes += message.Length;
            First = Math.Min(First, message.LogTimeNs);
            Last = Math.Max(Last, message.LogTimeNs);
        }

        public ChannelReport ToReport(RecordingChannel channel) => new(
            channel.Topic, channel.Schema?.Name ?? "", channel.MessageEncoding, Messages, Bytes,
            Messages > 1 && Last > First ? (Messages - 1) / ((Last - First) / 1e9) : null);
    }
}
