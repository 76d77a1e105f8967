using Mesh.Columnar;

namespace Mesh.Training.Loading;

/// <summary>
/// Finds runs of rows of one recording whose sequence numbers follow each other, whatever order the rows lie in. Windows begin at multiples of the
/// stride, so that the same ones are found however the rows are spread over row groups, but for those that reach over the end of one.
/// </summary>
internal sealed class WindowCutter(int window, int stride)
{
    private readonly Dictionary<byte[], int> recordings = new(new BytesComparer());
    private readonly List<Row> rows = [];
    private readonly List<int> order = [];
    private readonly List<bool> wanted = [];

    public delegate bool IsWanted(ReadOnlySpan<byte> recording);

    public void Clear()
    {
        recordings.Clear();
        wanted.Clear();
        rows.Clear();
        order.Clear();
    }

    /// <summary>Adds rows of a row group.</summary>
    public void Append(ColumnVector ids, ReadOnlySpan<long> sequence, IsWanted? isWanted)
    {
        var lookup = recordings.GetAlternateLookup<ReadOnlySpan<byte>>();
        ReadOnlySpan<byte> previous = default;
        int recording = -1;
        for (int i = 0; i < sequence.Length; i++)
        {
            var id = ids.GetBytes(i);
            if (recording < 0 || !id.SequenceEqual(previous))
            {
                if (!lookup.TryGetValue(id, out recording))
                {
                    lookup[id] = recording = recordings.Count;
                    wanted.Add(isWanted is null || isWanted(id));
                }
            }

            previous = id;
            rows.Add(new Row(recording, sequence[i], rows.Count));
        }
    }

    /// <summary>The row group has ended: adds its windows, each by the place of its first row.</summary>
    public void Cut(List<int> windows)
    {
        int first = order.Count;
        var group = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows)[first..];
        bool inOrder = true;
        for (int i = 1; i < group.Length && inOrder; i++) inOrder = group[i - 1].CompareTo(group[i]) < 0;
        if (!inOrder) group.Sort();
        foreach (var row in group) order.Add(row.Index);
        for (int i = 0; i + window <= group.Length; i++)
        {
            var begin = group[i];
            var end = group[i + window - 1];
            if (begin.Sequence % stride == 0 && end.Recording == begin.Recording && end.Sequence - begin.Sequence == window - 1 && wanted[begin.Recording]) windows.Add(first + i);
        }
    }

    /// <summary>Rows of a window.</summary>
    public ReadOnlySpan<int> RowsOf(int place) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(order).Slice(place, window);

    private readonly record struct Row(int Recording, long Sequence, int Index) : IComparable<Row>
    {
        public int CompareTo(Row other) => Recording != other.Recording ? Recording.CompareTo(other.Recording) : Sequence.CompareTo(other.Sequence);
    }
}
