using System.Numerics;

namespace Mesh.Columnar;

/// <summary>Some rows of a batch, in ascending order. Used again from batch to batch; not thread-safe.</summary>
public sealed class RowSelection
{
    private int[] rows = [];

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Positions in the batch; valid until the selection changes.</summary>
    public ReadOnlySpan<int> Rows => rows.AsSpan(0, Count);

    /// <summary>Forgets all rows.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a row behind the last one.</summary>
    public void Add(int row)
    {
        if (Count == rows.Length) Array.Resize(ref rows, Math.Max(256, rows.Length * 2));
        rows[Count++] = row;
    }

    /// <summary>A batch of the selected rows alone; <paramref name="batch"/> itself when all are.</summary>
    public RecordBatch Take(RecordBatch batch)
    {
        if (Count == batch.Length) return batch;
        var columns = new ColumnVector[batch.Columns.Count];
        for (int i = 0; i < columns.Length; i++) columns[i] = ColumnGather.Take(batch.Columns[i], Rows);
        return new RecordBatch(batch.Schema, Count, columns);
    }

    /// <summary>Selects the rows whose bits are set.</summary>
    internal void SetBits(ReadOnlySpan<ulong> bits)
    {
        int count = 0;
        foreach (ulong word in bits) count += BitOperations.PopCount(word);
        if (rows.Length < count) rows = new int[Math.Max(count, rows.Length * 2)];
        int next = 0;
        for (int i = 0; i < bits.Length; i++)
        {
            for (ulong word = bits[i]; word != 0; word &= word - 1) rows[next++] = (i * 64) + BitOperations.TrailingZeroCount(word);
        }

        Count = count;
    }
}
