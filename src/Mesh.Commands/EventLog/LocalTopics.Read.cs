using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Commands.EventLog;

/// <summary>Records made readable.</summary>
public sealed partial class LocalTopics
{
    /// <summary>Most records that a filter looks at for a page.</summary>
    private const int MostLooked = 5_000;

    /// <summary>Most bytes that are read for a page.</summary>
    private const long MostBytes = 16 << 20;

    /// <summary>A longer value is not decoded: its text would be many times as long.</summary>
    private const int MostDecoded = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<MessagePage> ReadAsync(MessageQuery query, CancellationToken cancellationToken)
    {
        var ranges = await admin.ReadRangesAsync(query.Topic, cancellationToken).ConfigureAwait(false);
        if (query.Partition is { } wanted && !ranges.ContainsKey(wanted))
        {
            throw new MeshException("MESH13201", $"{query.Topic} has no partition {wanted}: they are 0 to {ranges.Count - 1}.");
        }

        int limit = Math.Clamp(query.Limit, 1, MessageQuery.MaxRecords);
        bool forwards = query.From is not null;
        var pieces = await PiecesAsync(query, ranges, limit, cancellationToken).ConfigureAwait(false);
        var reading = new Reading(limit, forwards);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        string? cut = null;
        try
        {
            await foreach (var record in admin.ReadPiecesAsync(query.Topic, pieces, patience.Token).ConfigureAwait(false))
            {
                var view = await ViewOfAsync(record, patience.Token).ConfigureAwait(false);
                reading.Take(view, record, query.Contains is null || Holds(view, query.Contains));
                if (reading.IsFull) break;
                if (reading.Bytes <= MostBytes) continue;
                cut = $"{MostBytes >> 20} MiB were read, which is the most for a page.";
                break;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            cut = $"The log did not answer everything within {Patience.TotalSeconds:0} seconds.";
        }

        cut ??= query.Contains is not null && !reading.IsFull && pieces.Any(piece => forwards ? piece.Value.To < ranges[piece.Key].End : piece.Value.From > ranges[piece.Key].Start)
            ? $"The filter looked at {reading.Looked:N0} records, which is the most for a page; there are more."
            : null;
        return WithPlaces(reading.Finish(ranges) with { CutShort = cut }, query, pieces, reading);
    }

    private async Task<Dictionary<int, (long From, long To)>> PiecesAsync(
        MessageQuery query, IReadOnlyDictionary<int, (long Start, long End)> ranges, int limit, CancellationToken cancellationToken)
    {
        var chosen = ranges.Where(range => query.Partition is null || range.Key == query.Partition).ToList();

        // A filter has to look at more than it shows. Without one, the newest of all are among the newest of each.
        long depth = query.Contains is null ? limit : Math.Max(limit, MostLooked / Math.Max(1, chosen.Count));
        if (query.From is not { } from)
        {
            return chosen.ToDictionary(range => range.Key, range =>
            {
                long end = Math.Clamp(query.Before ?? range.Value.End, range.Value.Start, range.Value.End);
                return (Math.Max(range.Value.Start, end - depth), end);
            });
        }

        var place = LogPlace.Parse(from);
        var starts = place.Start is { } start ? await admin.FindStartsAsync(query.Topic, start, cancellationToken).ConfigureAwait(false) : place.Offsets;
        return chosen.Where(range => starts.ContainsKey(range.Key)).ToDictionary(range => range.Key, range =>
        {
            long begin = Math.Clamp(starts[range.Key], range.Value.Start, range.Value.End);
            return (begin, Math.Min(range.Value.End, begin + depth));
        });
    }

    private static MessagePage WithPlaces(MessagePage page, MessageQuery query, Dictionary<int, (long From, long To)> pieces, Reading reading)
    {
        if (query.Partition is not { } partition || !pieces.TryGetValue(partition, out var piece)) return page;
        var (start, end) = page.Ranges[partition];
        long first = query.From is null && reading.FirstShown is { } shown && query.Contains is null ? shown : piece.From;
        long next = query.From is not null && reading.IsFull ? reading.LastLooked + 1 : piece.To;
        return page with { NextFrom = next < end ? next : null, PreviousBefore = first > start ? first : null };
    }

    private async ValueTask<MessageView> ViewOfAsync(LogRecord record, CancellationToken cancellationToken)
    {
        var decoded = record.Value is { Length: > MostDecoded }
            ? new RecordText(RecordForm.Hex, "")
            : await decoder.DecodeAsync(record, cancellationToken).ConfigureAwait(false);
        return new MessageView(
            record.Position.Partition, record.Position.Offset, record.Time, record.Key is { } key ? TextOf(key) : null,
            [.. record.Headers.Select(header => KeyValuePair.Create(header.Key, TextOf(header.Value)))], decoded.Form, decoded.Type,
            decoded.Text.Length > MessageView.MaxText ? decoded.Text[..MessageView.MaxText] : decoded.Text, record.Value?.Length,
            record.Value is { } value ? Convert.ToHexStringLower(value.AsSpan(0, Math.Min(value.Length, MessageView.MaxHexBytes))) : "");
    }

    private static bool Holds(MessageView view, string text) =>
        ((string?[])[view.Key, view.Text, view.Type, .. view.Headers.SelectMany(header => (string[])[header.Key, header.Value])])
            .Any(each => each?.Contains(text, StringComparison.OrdinalIgnoreCase) ?? false);

    private static string TextOf(byte[] bytes) => EventDecoder.TextOf(bytes) ?? Convert.ToHexStringLower(bytes);

    /// <summary>What has been read for a page: from a place on its first records, else the newest.</summary>
    private sealed class Reading(int limit, bool forwards)
    {
        private readonly List<MessageView> shown = [];

        public long Looked { get; private set; }

        public long Bytes { get; private set; }

        public long LastLooked { get; private set; } = -1;

        public long? FirstShown => shown.Count == 0 ? null : shown.Min(view => view.Offset);

        public bool IsFull => forwards && shown.Count >= limit;

        public void Take(MessageView view, LogRecord record, bool matches)
        {
            Looked++;
            LastLooked = record.Position.Offset;
            Bytes += (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0) + record.Headers.Sum(header => header.Value.Length);
            if (!matches) return;
            shown.Add(view);
            if (forwards || shown.Count < limit * 4) return;

            // Older ones than the page has room for are let go along the way.
            Trim();
        }

        public MessagePage Finish(IReadOnlyDictionary<int, (long Start, long End)> ranges)
        {
            if (!forwards) Trim();
            return new MessagePage([.. shown], ranges, Looked, Bytes);
        }

        private void Trim()
        {
            var newest = shown.OrderByDescending(view => view.Time).ThenByDescending(view => view.Offset).ThenBy(view => view.Partition).Take(limit).ToList();
            shown.Clear();
            shown.AddRange(newest);
        }
    }
}
