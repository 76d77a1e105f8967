using Mesh.Columnar;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>The rows of one channel that are not yet in the file, and what is to be remembered of those that are.</summary>
internal sealed class ChannelBuilder
{
    private const int FirstCapacity = 256;
    private readonly SignalLeaf[] numbers;
    private readonly double[]?[] values;
    private readonly StepHistogram steps = new();
    private long[] times = new long[FirstCapacity];
    private long gapNs = long.MaxValue;

    public ChannelBuilder(string channel, IReadOnlyList<SignalLeaf> leaves)
    {
        Channel = channel;
        numbers = [.. leaves.Where(leaf => leaf.Kind == SignalKind.Number)];
        values = new double[numbers.Length][];
        Entries = [.. numbers.Select(_ => new List<ChunkEntry>())];
        Samples = new long[numbers.Length];
        TooLong = new bool[numbers.Length];
        Bands = [.. leaves.Where(leaf => leaf.Kind != SignalKind.Number).Select(leaf => new BandBuilder(leaf))];
    }

    /// <summary>Channel as recorded.</summary>
    public string Channel { get; }

    /// <summary>The places of its numbers.</summary>
    public IReadOnlyList<SignalLeaf> Numbers => numbers;

    /// <summary>Chunk entries per number.</summary>
    public List<ChunkEntry>[] Entries { get; }

    /// <summary>Chunk entries of the times.</summary>
    public List<ChunkEntry> TimeEntries { get; } = [];

    /// <summary>First row and first time of each chunk.</summary>
    public List<(long Row, long TimeNs)> Directory { get; } = [];

    /// <summary>Samples with a value per number.</summary>
    public long[] Samples { get; }

    /// <summary>Whether the lists of a number have too many elements.</summary>
    public bool[] TooLong { get; }

    /// <summary>The bands.</summary>
    public IReadOnlyList<BandBuilder> Bands { get; }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Its rows of the batch that is being taken.</summary>
    public List<int> Batch { get; } = [];

    /// <summary>Rows not in the file.</summary>
    public int Pending { get; private set; }

    /// <summary>Time of the first row.</summary>
    public long FirstTimeNs { get; private set; }

    /// <summary>Time of the last row.</summary>
    public long LastTimeNs { get; private set; } = long.MinValue;

    /// <summary>An upper bound of the median step.</summary>
    public long TypicalStepNs => steps.TypicalNs;

    /// <summary>Bytes held for rows not in the file.</summary>
    public long HeldBytes { get; private set; } = FirstCapacity * sizeof(long);

    /// <summary>Times not in the file.</summary>
    public ReadOnlySpan<long> PendingTimes => times.AsSpan(0, Pending);

    /// <summary>Numbers not in the file; empty when none of them has a value.</summary>
    public ReadOnlySpan<double> PendingNumbers(int number) => values[number] is { } held ? held.AsSpan(0, Pending) : [];

    /// <summary>Takes as many rows as the chunk has place for.</summary>
    /// <returns>How many; -1 when one is earlier than the one before it.</returns>
    public int Take(RecordBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> timesNs)
    {
        int count = Math.Min(rows.Length, ChunkCodec.MaxRows - Pending);
        Reserve(Pending + count);
        Span<bool> gaps = stackalloc bool[Math.Min(count, 1024)];
        count = Math.Min(count, gaps.Length);
        rows = rows[..count];
        for (int i = 0; i < count; i++)
        {
            long time = timesNs[rows[i]];
            gaps[i] = false;
            if (Rows + i == 0)
            {
                FirstTimeNs = time;
            }
            else
            {
                if (time < LastTimeNs) return -1;
                long step = time - LastTimeNs;
                gaps[i] = step > gapNs;
                steps.Add(step);
            }

            LastTimeNs = time;
            times[Pending + i] = time;
        }

        // How long a pause must be to be a gap is known only once some steps were seen.
        if (Rows + count >= 64 && (gapNs == long.MaxValue || ((Rows >> 10) != ((Rows + count) >> 10)))) gapNs = Math.Max(1, steps.TypicalNs) * 5;
        for (int n = 0; n < numbers.Length; n++)
        {
            if (!TooLong[n]) ReadNumbers(batch, rows, n);
        }

        foreach (var band in Bands)
        {
            var chain = band.Leaf.Resolve(batch);
            for (int i = 0; i < count; i++) band.Add(chain, rows[i], Rows + i, times[Pending + i], gaps[i]);
        }

        Pending += count;
        Rows += count;
        return count;
    }

    /// <summary>Forgets the rows that are in the file now.</summary>
    public void Clear(bool release)
    {
        Pending = 0;
        if (!release)
        {
            for (int n = 0; n < values.Length; n++) values[n]?.AsSpan().Fill(double.NaN);
            return;
        }

        times = new long[FirstCapacity];
        Array.Clear(values);
        HeldBytes = FirstCapacity * sizeof(long);
    }

    private void ReadNumbers(RecordBatch batch, ReadOnlySpan<int> rows, int n)
    {
        var leaf = numbers[n];
        Span<double> read = stackalloc double[rows.Length];
        if (!leaf.Read(leaf.Resolve(batch), rows, read))
        {
            TooLong[n] = true;
            return;
        }

        int present = 0;
        foreach (double value in read)
        {
            if (!double.IsNaN(value)) present++;
        }

        Samples[n] += present;
        if (values[n] is null)
        {
            if (present == 0) return;
            values[n] = new double[times.Length];
            values[n].AsSpan().Fill(double.NaN);
            HeldBytes += (long)times.Length * sizeof(double);
        }

        read.CopyTo(values[n].AsSpan(Pending));
    }

    private void Reserve(int rows)
    {
        if (rows <= times.Length) return;
        int old = times.Length;
        int capacity = Math.Min(ChunkCodec.MaxRows, Math.Max(rows, old * 2));
        Array.Resize(ref times, capacity);
        HeldBytes += (long)(capacity - old) * sizeof(long);
        for (int n = 0; n < values.Length; n++)
        {
            if (values[n] is not { } held) continue;
            Array.Resize(ref held, capacity);
            held.AsSpan(old).Fill(double.NaN);
            values[n] = held;
            HeldBytes += (long)(capacity - old) * sizeof(double);
        }
    }
}
