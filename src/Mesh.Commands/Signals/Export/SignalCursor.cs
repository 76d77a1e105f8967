using Mesh.Commands.Signals.Pyramids;

namespace Mesh.Commands.Signals.Export;

/// <summary>Walks over the samples of one channel between two times, a piece at a time, with the values of some of its signals.</summary>
internal sealed class SignalCursor(PyramidReader reader, PyramidChannel channel, IReadOnlyList<PyramidSignal> signals)
{
    private const int PieceRows = ChunkCodec.MaxRows;
    private readonly double[][] numbers = new double[signals.Count][];
    private readonly BandRun[][] runs = new BandRun[signals.Count][];
    private readonly int[] run = new int[signals.Count];
    private long[] times = [];
    private long row;
    private long endRow;
    private int at;

    /// <summary>Its signals.</summary>
    public IReadOnlyList<PyramidSignal> Signals => signals;

    /// <summary>Whether there is a sample.</summary>
    public bool HasSample => at < times.Length;

    /// <summary>When the sample is.</summary>
    public long TimeNs => times[at];

    /// <summary>Goes to the first sample.</summary>
    public async ValueTask BeginAsync(long fromNs, long toNs, CancellationToken cancellationToken)
    {
        (row, endRow) = await reader.FindRowsAsync(channel, fromNs, toNs, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < signals.Count; i++)
        {
            if (signals[i].Kind != SignalKind.Number) runs[i] = await reader.ReadRunsAsync(signals[i], fromNs, toNs, cancellationToken).ConfigureAwait(false);
        }

        await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes to the next sample.</summary>
    public async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        if (++at == times.Length) await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The number of a signal; NaN for none.</summary>
    public double NumberOf(int signal) => numbers[signal][at];

    /// <summary>The label of a signal; null for none.</summary>
    public string? LabelOf(int signal)
    {
        var all = runs[signal];
        ref int current = ref run[signal];
        long sample = row - times.Length + at;
        while (current < all.Length && all[current].EndRow <= sample) current++;
        return current < all.Length && all[current].FirstRow <= sample ? signals[signal].Labels[(int)all[current].Label] : null;
    }

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        at = 0;
        long to = Math.Min(endRow, row + PieceRows);
        times = row < to ? await reader.ReadTimesAsync(channel, row, to, cancellationToken).ConfigureAwait(false) : [];
        for (int i = 0; i < signals.Count && row < to; i++)
        {
            if (signals[i].Kind == SignalKind.Number) (_, numbers[i]) = await reader.ReadSamplesAsync(channel, signals[i], row, to, cancellationToken).ConfigureAwait(false);
        }

        row = Math.Max(row, to);
    }
}
