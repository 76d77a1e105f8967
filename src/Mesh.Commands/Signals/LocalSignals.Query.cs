using Mesh.Commands.Signals.Pyramids;
using Mesh.Model;

namespace Mesh.Commands.Signals;

/// <summary>Windows.</summary>
public sealed partial class LocalSignals
{
    private const string SeveralLabel = "several";

    // A window of years in steps of a nanosecond has numbers that fit.
    private const long MaxTimeNs = long.MaxValue / 4;

    /// <inheritdoc/>
    public async Task<SignalWindow?> QueryAsync(string recording, SignalQuery query, CancellationToken cancellationToken)
    {
        Check(query);
        if (await FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } entry) return null;
        var opened = await OpenAsync(entry, ChannelsOf(query), cancellationToken).ConfigureAwait(false);
        await using var _ = opened.ConfigureAwait(false);
        var (fromNs, toNs) = WindowOf(opened, query);

        // The narrowest grid with no more columns than asked for.
        int shift = 0;
        while (((toNs - 1) >> shift) - (fromNs >> shift) + 1 > query.Columns) shift++;
        long first = fromNs >> shift;
        int count = (int)(((toNs - 1) >> shift) - first + 1);
        var grid = new WindowGrid(opened.StartNs, first, count, shift);
        var series = new List<SignalSeries>();
        foreach (string name in query.Names)
        {
            series.Add(opened.Find(name, out string reason) is not { } signal ? new SignalAbsence(name, reason)
                : signal.Signal.Kind == SignalKind.Number ? await ReadNumbersAsync(name, signal, grid, cancellationToken).ConfigureAwait(false)
                : await ReadBandsAsync(name, signal, grid, query.Columns, cancellationToken).ConfigureAwait(false));
        }

        return new SignalWindow(opened.StartNs, grid.FromNs, grid.ToNs, count, series, opened.Version);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SignalStatistics>?> MeasureAsync(string recording, SignalQuery query, CancellationToken cancellationToken)
    {
        Check(query);
        if (await FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } entry) return null;
        var opened = await OpenAsync(entry, ChannelsOf(query), cancellationToken).ConfigureAwait(false);
        await using var _ = opened.ConfigureAwait(false);
        var (fromNs, toNs) = WindowOf(opened, query);
        var measured = new List<SignalStatistics>();
        foreach (string name in query.Names)
        {
            if (opened.Find(name, out string _) is not { Signal.Kind: SignalKind.Number } signal) continue;
            var total = await signal.Reader.MeasureAsync(signal.Channel, signal.Signal, fromNs, toNs, cancellationToken).ConfigureAwait(false);
            measured.Add(total.Count == 0
                ? new SignalStatistics(name, 0, null, null, null, null, null)
                : new SignalStatistics(name, total.Count, total.Min, total.Max, total.Sum / total.Count, total.First, total.Last));
        }

        return measured;
    }

    private static async ValueTask<SignalSeries> ReadNumbersAsync(string name, OpenedSignal opened, WindowGrid grid, CancellationToken cancellationToken)
    {
        var (reader, channel, signal) = opened;
        var (fromRow, toRow) = await reader.FindRowsAsync(channel, grid.FromNs, grid.ToNs, cancellationToken).ConfigureAwait(false);
        double gapSeconds = channel.GapNs / 1e9;
        if (toRow - fromRow < 2L * grid.Count)
        {
            // With one more on either side the line goes on to the picture's edge.
            var (times, values) = await reader.ReadSamplesAsync(channel, signal, Math.Max(0, fromRow - 1), Math.Min(channel.Rows, toRow + 1), cancellationToken).ConfigureAwait(false);
            return new SignalSamples(name, Array.ConvertAll(times, time => grid.SecondsOf(time)), values, gapSeconds);
        }

        var columns = await reader.ReadColumnsAsync(channel, signal, grid.First, grid.Count, grid.Shift, cancellationToken).ConfigureAwait(false);
        var series = new SignalColumns(name, new double[columns.Length], new double[columns.Length], new double[columns.Length], new double[columns.Length], new uint[columns.Length], gapSeconds);
        for (int i = 0; i < columns.Length; i++)
        {
            bool isEmpty = columns[i].Count == 0;
            series.First[i] = isEmpty ? double.NaN : columns[i].First;
            series.Min[i] = isEmpty ? double.NaN : columns[i].Min;
            series.Max[i] = isEmpty ? double.NaN : columns[i].Max;
            series.Last[i] = isEmpty ? double.NaN : columns[i].Last;
            series.Count[i] = (uint)Math.Min(columns[i].Count, uint.MaxValue);
        }

        return series;
    }

    private static async ValueTask<SignalSeries> ReadBandsAsync(string name, OpenedSignal opened, WindowGrid grid, int most, CancellationToken cancellationToken)
    {
        var (reader, channel, signal) = opened;
        var runs = await reader.ReadRunsAsync(signal, grid.FromNs, grid.ToNs, cancellationToken).ConfigureAwait(false);
        var from = new List<double>();
        var to = new List<double>();
        var label = new List<int>();
        bool isCrowded = runs.Length > most;
        for (int i = 0; i < runs.Length; i++)
        {
            // A value lasts until the next sample, but not over a gap.
            long lasts = i + 1 < runs.Length && runs[i + 1].FirstTimeNs - runs[i].LastTimeNs <= channel.GapNs
                ? runs[i + 1].FirstTimeNs
                : runs[i].LastTimeNs + Math.Min(channel.TypicalStepNs, Math.Max(0, channel.LastTimeNs - runs[i].LastTimeNs));
            if (lasts < grid.FromNs || runs[i].FirstTimeNs >= grid.ToNs) continue;
            int last = from.Count - 1;
            double begin = grid.SecondsOf(runs[i].FirstTimeNs), end = grid.SecondsOf(lasts);
            if (isCrowded && last >= 0 && begin - from[last] < grid.ColumnSeconds)
            {
                // Several within a column are one band, which says so.
                if (label[last] != (int)runs[i].Label) label[last] = signal.Labels.Count;
                to[last] = end;
                continue;
            }

            from.Add(begin);
            to.Add(end);
            label.Add((int)runs[i].Label);
        }

        return new SignalBands(name, [.. from], [.. to], [.. label], isCrowded ? [.. signal.Labels, SeveralLabel] : signal.Labels);
    }

    private static (long FromNs, long ToNs) WindowOf(OpenedSignals opened, SignalQuery query)
    {
        long from = query.From is { } begin ? TimeOf(begin) : opened.StartNs;
        long to = query.To is { } end ? TimeOf(end) : opened.EndNs + 1;
        if (from >= to) throw new MeshException("MESH13101", $"The window from {query.From} to {query.To} s is empty: give a `to` that is after `from`.");
        return (from, to);

        long TimeOf(double seconds)
        {
            double nanoseconds = Math.Round(seconds * 1e9);
            if (!(Math.Abs(nanoseconds) < MaxTimeNs)) throw new MeshException("MESH13101", $"{seconds} s is no time of a recording: give seconds since its start.");
            return opened.StartNs + (long)nanoseconds;
        }
    }

    private static HashSet<string> ChannelsOf(SignalQuery query)
    {
        // A channel may have a colon, a column has none.
        var channels = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in query.Names)
        {
            if (name.LastIndexOf(':') is > 0 and var colon) channels.Add(name[..colon]);
        }

        return channels;
    }

    private static void Check(SignalQuery query)
    {
        if (query.Names.Count == 0) throw new MeshException("MESH13100", "Which signals? Name them in `ch`, separated by commas.");
        if (query.Names.Count > SignalQuery.MaxSignals) throw new MeshException("MESH13100", $"{query.Names.Count} signals are too many for one request: at most {SignalQuery.MaxSignals}.");
        if (query.Columns is < 1 or > SignalQuery.MaxColumns) throw new MeshException("MESH13100", $"{query.Columns} columns cannot be had: 1 to {SignalQuery.MaxColumns}.");
    }

    /// <summary>The columns of a window: numbered by time divided by their width, a power of two.</summary>
    private readonly record struct WindowGrid(long StartNs, long First, int Count, int Shift)
    {
        public long FromNs => First << Shift;

        public long ToNs => (First + Count) << Shift;

        public double ColumnSeconds => (1L << Shift) / 1e9;

        public double SecondsOf(long timeNs) => (timeNs - StartNs) / 1e9;
    }
}
