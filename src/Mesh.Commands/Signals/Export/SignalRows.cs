using System.Runtime.CompilerServices;

namespace Mesh.Commands.Signals.Export;

/// <summary>
/// Samples of signals of any channels as rows in time order: a row per sample, and channels that have a sample at the very same nanosecond share one.
/// Memory is bounded by some thousand samples of each signal.
/// </summary>
internal sealed class SignalRows
{
    private readonly List<(SignalCursor Cursor, int Index)> places = [];
    private readonly List<SignalCursor> cursors = [];
    private readonly long fromNs;
    private readonly long toNs;
    private readonly bool[] isCurrent;

    /// <param name="signals">Signals by the names they have in the export.</param>
    /// <param name="fromNs">Beginning, nanoseconds since 1970.</param>
    /// <param name="toNs">End, itself not included.</param>
    public SignalRows(IReadOnlyList<(string Name, OpenedSignal Signal)> signals, long fromNs, long toNs)
    {
        this.fromNs = fromNs;
        this.toNs = toNs;
        Names = [.. signals.Select(signal => signal.Name)];
        Kinds = [.. signals.Select(signal => signal.Signal.Signal.Kind)];
        foreach (var channel in signals.GroupBy(signal => (signal.Signal.Reader, signal.Signal.Channel)))
        {
            cursors.Add(new SignalCursor(channel.Key.Reader, channel.Key.Channel, [.. channel.Select(signal => signal.Signal.Signal)]));
        }

        foreach (var (_, signal) in signals)
        {
            var cursor = cursors.First(cursor => cursor.Signals.Contains(signal.Signal, ReferenceEqualityComparer.Instance));
            places.Add((cursor, cursor.Signals.ToList().FindIndex(known => ReferenceEquals(known, signal.Signal))));
        }

        isCurrent = new bool[cursors.Count];
    }

    /// <summary>Names of the signals.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What they are.</summary>
    public IReadOnlyList<SignalKind> Kinds { get; }

    /// <summary>The time of each row; the row's values are asked for before the next.</summary>
    public async IAsyncEnumerable<long> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var cursor in cursors) await cursor.BeginAsync(fromNs, toNs, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            long time = long.MaxValue;
            bool hasAny = false;
            foreach (var cursor in cursors)
            {
                if (!cursor.HasSample) continue;
                hasAny = true;
                time = Math.Min(time, cursor.TimeNs);
            }

            if (!hasAny) yield break;
            for (int i = 0; i < cursors.Count; i++) isCurrent[i] = cursors[i].HasSample && cursors[i].TimeNs == time;
            yield return time;
            for (int i = 0; i < cursors.Count; i++)
            {
                if (isCurrent[i]) await cursors[i].NextAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The number of a signal in the row; NaN for none.</summary>
    public double NumberOf(int signal) => IsCurrent(signal) ? places[signal].Cursor.NumberOf(places[signal].Index) : double.NaN;

    /// <summary>The label of a signal in the row; null for none.</summary>
    public string? LabelOf(int signal) => IsCurrent(signal) ? places[signal].Cursor.LabelOf(places[signal].Index) : null;

    private bool IsCurrent(int signal) => isCurrent[cursors.IndexOf(places[signal].Cursor)];
}
