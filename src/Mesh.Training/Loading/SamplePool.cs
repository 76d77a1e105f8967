using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Training.Reference;

namespace Mesh.Training.Loading;

/// <summary>A shuffle buffer: the rows of some row groups, and the order in which its samples come.</summary>
internal sealed class SamplePool
{
    private readonly TensorPlan plan;
    private readonly bool sharesSamples;
    private readonly HashSet<byte[]> heldOut = new(new BytesComparer());
    private readonly WindowCutter? windows;
    private readonly List<int> samples = [];
    private int[] rowsOfBatch = [];

    /// <param name="plan">What is read.</param>
    /// <param name="sharesSamples">Whether the parts of a stream share the samples of a buffer; else they share row groups.</param>
    public SamplePool(TensorPlan plan, bool sharesSamples)
    {
        this.plan = plan;
        this.sharesSamples = sharesSamples;
        Columns = [.. plan.Columns.Select((column, index) => new PoolColumn(column, plan.Codes[index]))];
        windows = plan.Options.Window > 1 ? new WindowCutter(plan.Options.Window, plan.Options.Stride) : null;
        if (plan.SkipsHeldOut) foreach (string recording in plan.Source.HeldOut) heldOut.Add(System.Text.Encoding.UTF8.GetBytes(recording));
    }

    public IReadOnlyList<PoolColumn> Columns { get; }

    /// <summary>Where the buffer begins.</summary>
    public TensorPosition Start { get; private set; }

    /// <summary>Where the next one begins.</summary>
    public TensorPosition Next { get; private set; }

    /// <summary>Rows held.</summary>
    public int Rows { get; private set; }

    /// <summary>Samples to give.</summary>
    public int Samples => samples.Count;

    /// <summary>Bytes held.</summary>
    public long Bytes
    {
        get
        {
            long sum = (long)Rows * sizeof(int) * (windows is null ? 1 : 5);
            foreach (var column in Columns) sum += column.Bytes;
            return sum;
        }
    }

    /// <summary>Empties the buffer.</summary>
    public void Begin(TensorPosition start)
    {
        Start = start;
        Rows = 0;
        samples.Clear();
        windows?.Clear();
        foreach (var column in Columns) column.Clear();
    }

    /// <summary>Adds the rows of a batch.</summary>
    /// <param name="batch">The batch; may be overwritten afterwards.</param>
    /// <param name="places">Where the columns are in it.</param>
    public void Append(RecordBatch batch, BatchPlaces places)
    {
        for (int i = 0; i < Columns.Count; i++) Columns[i].Append(batch, places.Columns[i]);
        if (Rows == 0) Expect(batch.Length);
        if (windows is not null)
        {
            windows.Append(places.Recording!.Follow(batch), places.Sequence!.Follow(batch).Values<long>(), plan.SkipsHeldOut ? IsWanted : null);
        }
        else if (plan.SkipsHeldOut)
        {
            AppendWanted(places.Recording!.Follow(batch));
        }
        else
        {
            AppendAll(batch.Length);
        }

        Rows += batch.Length;
    }

    /// <summary>A row group has ended: no window reaches over it.</summary>
    public void EndGroup() => windows?.Cut(samples);

    /// <summary>No more comes: puts the samples in their order.</summary>
    public void End(TensorPosition next)
    {
        Next = next;
        var options = plan.Options;
        var order = CollectionsMarshal.AsSpan(samples);
        if (options.ShuffleBufferBytes > 0)
        {
            var random = new SplitMix(SampleOrder.Mix((ulong)options.Seed, (ulong)Start.Epoch, (ulong)Start.Group, (ulong)Start.Row));
            Shuffle(order, random);
        }

        if (!sharesSamples) return;
        int kept = 0;
        for (int i = options.ShardIndex; i < order.Length; i += options.ShardCount) order[kept++] = order[i];
        CollectionsMarshal.SetCount(samples, kept);
    }

    /// <summary>Rows of some samples, window by window; valid until the next call.</summary>
    public ReadOnlySpan<int> RowsOf(int first, int count)
    {
        var chosen = CollectionsMarshal.AsSpan(samples).Slice(first, count);
        if (windows is null) return chosen;
        int window = plan.Options.Window;
        if (rowsOfBatch.Length < count * window) rowsOfBatch = new int[count * window];
        for (int i = 0; i < count; i++) windows.RowsOf(chosen[i]).CopyTo(rowsOfBatch.AsSpan(i * window));
        return rowsOfBatch.AsSpan(0, count * window);
    }

    /// <summary>After the first batch: about as many rows as will fit, or as there are.</summary>
    private void Expect(int rows)
    {
        long bytes = 0;
        foreach (var column in Columns) bytes += column.Bytes;
        long fitting = (long)(plan.BufferBytes * 1.05 / Math.Max(1.0, (double)bytes / rows)) + rows;
        foreach (var column in Columns) column.Expect(Math.Min(fitting, plan.Rows));
    }

    private void AppendAll(int count)
    {
        int first = samples.Count;
        CollectionsMarshal.SetCount(samples, first + count);
        var added = CollectionsMarshal.AsSpan(samples)[first..];
        for (int i = 0; i < added.Length; i++) added[i] = Rows + i;
    }

    private void AppendWanted(ColumnVector recordings)
    {
        ReadOnlySpan<byte> previous = default;
        bool isWanted = false;
        for (int i = 0; i < recordings.Length; i++)
        {
            var recording = recordings.GetBytes(i);
            // Rows of a recording come in runs.
            if (i == 0 || !recording.SequenceEqual(previous)) isWanted = IsWanted(recording);
            previous = recording;
            if (isWanted) samples.Add(Rows + i);
        }
    }

    /// <summary>Fisher and Yates' shuffle; the high half of a product instead of a remainder, which takes longer than the rest.</summary>
    private static void Shuffle(Span<int> items, SplitMix random)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = (int)Math.BigMul(random.Next(), (ulong)(i + 1), out _);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private bool IsWanted(ReadOnlySpan<byte> recording) =>
        heldOut.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(recording) == (plan.Options.Holdouts == HoldoutUse.Only);
}
