using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Commands.Queries.Tables;

/// <summary>Reads one column of a product and counts its values. Only that column is read; no row is left out until the limit, so nothing is a sample.</summary>
public static class ColumnDistributionReader
{
    /// <summary>Different values that are told apart.</summary>
    public const int MaxDistinct = 10_000;

    private const int BinCount = 40;
    private const int TopCount = 20;

    /// <summary>Reads it; null when the product is unknown.</summary>
    /// <param name="queries">Where.</param>
    /// <param name="product">The product.</param>
    /// <param name="column">Path of a column of numbers, truth values or text.</param>
    /// <param name="at">Snapshot id, branch or tag; null for the current snapshot.</param>
    /// <param name="maxRows">Rows after which reading stops; eight bytes of memory each for a column of numbers.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH11038</c> no such column; <c>MESH11047</c> one that has no distribution.</exception>
    public static async Task<ColumnDistribution> ReadAsync(IMeshQueries queries, string product, string column, string? at, int maxRows, CancellationToken cancellationToken)
    {
        string[] path = column.Split('.');
        var batches = await queries.ScanAsync(product, new ScanQuery { Columns = [path[0]], At = at }, cancellationToken).ConfigureAwait(false);
        await using (batches.ConfigureAwait(false))
        {
            var gathered = new Gathered();
            long rows = 0;
            bool isComplete = true;
            await foreach (var (_, batch) in batches.Batches.ConfigureAwait(false))
            {
                if (rows + batch.Length > maxRows)
                {
                    isComplete = false;
                    break;
                }

                rows += batch.Length;
                gathered.Add(batch, path);
            }

            return gathered.Summary(column, rows, isComplete);
        }
    }

    private sealed class Gathered
    {
        private readonly List<double> numbers = [];
        private readonly HashSet<double> distinct = [];
        private readonly Dictionary<string, long> words = new(StringComparer.Ordinal);
        private long nulls;
        private long notFinite;
        private bool isText;
        private bool isTooMany;

        public void Add(RecordBatch batch, string[] path)
        {
            // A value below an absent struct is absent, whatever its own column says.
            var above = new List<ColumnVector>();
            var column = batch[path[0]];
            foreach (string name in path.AsSpan(1))
            {
                int child = column.Type is StructType type ? IndexOf(type, name) : -1;
                if (child < 0) throw new MeshException("MESH11038", $"There is no column '{string.Join('.', path)}'.");
                above.Add(column);
                column = column.Children[child];
            }

            isText = column.Type.Kind is TypeKind.Utf8 or TypeKind.Boolean;
            for (int i = 0; i < column.Length; i++)
            {
                if (column.IsNull(i) || IsAbsent(above, i)) nulls++;
                else if (isText) AddWord(column.Type.Kind == TypeKind.Boolean ? (column.GetBoolean(i) ? "true" : "false") : column.GetString(i));
                else AddNumber(NumberAt(column, i, path));
            }
        }

        public ColumnDistribution Summary(string column, long rows, bool isComplete)
        {
            var summary = new ColumnDistribution
            {
                Column = column, Rows = rows, IsComplete = isComplete, Nulls = nulls, NotFinite = notFinite,
                Distinct = isTooMany ? null : isText ? words.Count : distinct.Count,
            };
            if (isText) return isTooMany ? summary : summary with { Top = [.. words.OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Take(TopCount).Select(word => (word.Key, word.Value))] };
            if (numbers.Count == 0) return summary;
            double min = numbers.Min(), max = numbers.Max(), sum = 0;
            long[] bins = new long[min == max ? 1 : BinCount];
            foreach (double number in CollectionsMarshal.AsSpan(numbers))
            {
                sum += number;
                bins[min == max ? 0 : Math.Min(bins.Length - 1, (int)((number - min) / (max - min) * bins.Length))]++;
            }

            return summary with { Min = min, Max = max, Mean = sum / numbers.Count, Bins = bins };
        }

        private void AddWord(string word)
        {
            ref long count = ref CollectionsMarshal.GetValueRefOrAddDefault(words, word, out bool isKnown);
            if (isKnown || words.Count <= MaxDistinct) count++;
            else
            {
                words.Remove(word);
                isTooMany = true;
            }
        }

        private void AddNumber(double number)
        {
            if (!double.IsFinite(number))
            {
                notFinite++;
                return;
            }

            numbers.Add(number);
            if (isTooMany || !distinct.Add(number) || distinct.Count <= MaxDistinct) return;
            isTooMany = true;
            distinct.Clear();
        }

        private static bool IsAbsent(List<ColumnVector> above, int index)
        {
            foreach (var part in above) if (part.IsNull(index)) return true;
            return false;
        }

        private static int IndexOf(StructType type, string name)
        {
            for (int i = 0; i < type.Fields.Count; i++) if (type.Fields[i].Name == name) return i;
            return -1;
        }

        private static double NumberAt(ColumnVector column, int index, string[] path) => column.Type.Kind switch
        {
            TypeKind.Int32 or TypeKind.Date32 => column.Values<int>()[index],
            TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos or TypeKind.TimeMicros => column.Values<long>()[index],
            TypeKind.Float16 => (double)column.Values<Half>()[index],
            TypeKind.Float32 => column.Values<float>()[index],
            TypeKind.Float64 => column.Values<double>()[index],
            TypeKind.Decimal128 => (double)column.Values<Int128>()[index] / Math.Pow(10, ((DecimalType)column.Type).Scale),
            _ => throw new MeshException("MESH11047", $"'{string.Join('.', path)}' holds neither numbers nor text, so its values cannot be counted. Name a column within it."),
        };
    }
}
