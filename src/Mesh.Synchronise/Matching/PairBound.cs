namespace Mesh.Synchronise.Matching;

/// <summary>
/// Least cost of matching two channels alone, as a stream. A set is at least as wide as any two of its members are apart, so no matching of all
/// channels costs less than this.
/// </summary>
internal sealed class PairBound(long tolerance, Int128 reward)
{
    private readonly StampQueue rowsToCome = new();
    private readonly StampQueue columns = new();

    // Best value up to and including each column, for those that some row has reached; before the window it is 'before'.
    private Int128[] values = new Int128[16];
    private Int128 before;
    private int firstValue;
    private int valueCount;

    /// <summary>Takes the next message in order of stamps.</summary>
    public void Add(bool isRow, long stamp)
    {
        Advance(stamp);
        (isRow ? rowsToCome : columns).Append(stamp, 0);

        // Without rows the columns that no later row can reach must not pile up.
        if (!isRow && rowsToCome.Count == 0) Forget(stamp);
    }

    /// <summary>The least cost, once everything has been added.</summary>
    public Int128 Complete()
    {
        while (rowsToCome.Count > 0) TakeRow();
        return -(valueCount > 0 ? values[firstValue + valueCount - 1] : before);
    }

    private void Advance(long stamp)
    {
        while (rowsToCome.Count > 0 && StampMath.Subtract(stamp, rowsToCome[0].Stamp) > tolerance) TakeRow();
    }

    private void TakeRow()
    {
        long row = rowsToCome[0].Stamp;
        rowsToCome.RemoveFirst();
        Forget(row);
        Int128 left = before, diagonal = before;
        for (int j = 0; j < columns.Count; j++)
        {
            long column = columns[j].Stamp;
            if (StampMath.Subtract(column, row) > tolerance) break;

            // A column that no row has reached is worth what the last one before it is: 'diagonal', the row above at j - 1.
            var above = j < valueCount ? values[firstValue + j] : diagonal;
            left = Int128.Max(Int128.Max(above, left), diagonal + reward - StampMath.Distance(column, row));
            if (j == valueCount) AppendValue(left);
            else values[firstValue + j] = left;
            diagonal = above;
        }
    }

    private void Forget(long row)
    {
        while (columns.Count > 0 && StampMath.Subtract(row, columns[0].Stamp) > tolerance)
        {
            columns.RemoveFirst();
            if (valueCount == 0) continue;
            before = values[firstValue++];
            valueCount--;
        }
    }

    private void AppendValue(Int128 value)
    {
        if (firstValue + valueCount == values.Length)
        {
            var larger = valueCount * 2 > values.Length ? new Int128[values.Length * 2] : values;
            Array.Copy(values, firstValue, larger, 0, valueCount);
            (values, firstValue) = (larger, 0);
        }

        values[firstValue + valueCount++] = value;
    }
}
