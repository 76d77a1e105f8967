using Mesh.Columnar;

namespace Mesh.Trigger.Measuring;

/// <summary>Takes one measure of the batches of one snapshot.</summary>
internal abstract class Tally
{
    private const int MaxValues = 100_000;

    /// <summary>A tally of a measure.</summary>
    public static Tally Of(Measure measure) => measure.Kind switch
    {
        MeasureKind.Rows => new RowTally(),
        MeasureKind.Duration => new DurationTally(),
        MeasureKind.Values => new ValueTally(measure.Column),
        _ => new DistributionTally(measure.Column),
    };

    /// <summary>Takes rows in.</summary>
    public abstract void Add(RecordBatch batch);

    /// <summary>Takes rows in that all have one value of the column.</summary>
    public virtual void Add(string value, long rows) => throw new NotSupportedException();

    /// <summary>What there is by now.</summary>
    public abstract IEnumerable<(string Value, long Amount)> Values();

    private sealed class RowTally : Tally
    {
        private long rows;

        public override void Add(RecordBatch batch) => rows += batch.Length;

        public override IEnumerable<(string, long)> Values() => rows == 0 ? [] : [("", rows)];
    }

    private sealed class DurationTally : Tally
    {
        private readonly Dictionary<string, (long First, long Last)> spans = new(StringComparer.Ordinal);

        public override void Add(RecordBatch batch)
        {
            var recordings = ColumnReader.Find(batch.Schema, "recording_id").Read(batch);
            var times = ColumnReader.Find(batch.Schema, "log_time").Read(batch);
            var values = times.Column.Values<long>();
            string last = "";
            for (int row = 0; row < batch.Length; row++)
            {
                if (times.IsNull(row) || recordings.IsNull(row)) continue;

                // Rows of a recording mostly lie together.
                if (!IsText(recordings.Column, row, last)) last = recordings.Column.GetString(row);
                var span = spans.TryGetValue(last, out var known) ? known : (values[row], values[row]);
                spans[last] = (Math.Min(span.Item1, values[row]), Math.Max(span.Item2, values[row]));
            }
        }

        public override IEnumerable<(string, long)> Values() => spans.Values.Sum(span => span.Last - span.First) is > 0 and var sum ? [("", sum)] : [];
    }

    private sealed class ValueTally(string path) : Tally
    {
        private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

        public override void Add(RecordBatch batch)
        {
            var reader = ColumnReader.Find(batch.Schema, path);
            var text = reader.Text();
            var values = reader.Read(batch);
            bool isText = reader.Type.Kind == TypeKind.Utf8;
            string? last = null;
            for (int row = 0; row < batch.Length; row++)
            {
                if (values.IsNull(row)) continue;
                if (last is null || !isText || !IsText(values.Column, row, last)) last = text(values.Column, row);
                Add(last, 1);
            }
        }

        // A column of millions of values is no label and no vehicle; what comes beyond is not counted.
        public override void Add(string value, long rows)
        {
            if (counts.TryGetValue(value, out long count) || counts.Count < MaxValues) counts[value] = count + rows;
        }

        public override IEnumerable<(string, long)> Values() => counts.Select(count => (count.Key, count.Value));
    }

    private sealed class DistributionTally(string path) : Tally
    {
        private readonly DistributionSketch sketch = new();

        public override void Add(RecordBatch batch)
        {
            var reader = ColumnReader.Find(batch.Schema, path);
            var values = reader.Read(batch);
            if (reader.Number() is { } number)
            {
                for (int row = 0; row < batch.Length; row++)
                {
                    if (!values.IsNull(row)) sketch.Add(number(values.Column, row));
                }

                return;
            }

            var text = reader.Text();
            for (int row = 0; row < batch.Length; row++)
            {
                if (!values.IsNull(row)) sketch.Add(text(values.Column, row));
            }
        }

        public override IEnumerable<(string, long)> Values() => sketch.Save();
    }

    private static bool IsText(ColumnVector column, int row, string text)
    {
        var bytes = column.GetBytes(row);
        Span<byte> buffer = stackalloc byte[256];
        return System.Text.Encoding.UTF8.TryGetBytes(text, buffer, out int length) && bytes.SequenceEqual(buffer[..length]);
    }
}
