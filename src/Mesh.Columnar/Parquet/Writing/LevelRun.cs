namespace Mesh.Columnar.Parquet;

/// <summary>
/// The Dremel levels of a slice of rows at one node of the schema, and which values of the node's vector are still present. Uniform and
/// contiguous runs, which are the rule, are kept as such.
/// </summary>
internal sealed class LevelRun
{
    /// <summary>Definition level of an entry whose value is present so far; the leaf replaces it by its own level.</summary>
    public const byte Alive = 255;

    private readonly PooledList<byte> ownRepetition = new();
    private readonly PooledList<byte> ownDefinition = new();
    private readonly PooledList<int> ownIndexes = new();
    private PooledList<byte>? repetition;

    /// <summary>Level entries.</summary>
    public int Entries { get; private set; }

    /// <summary>Entries whose value is present so far.</summary>
    public int AliveCount { get; private set; }

    public bool AllAlive => AliveCount == Entries;

    /// <summary>Whether the present values lie side by side, from <see cref="Start"/> on.</summary>
    public bool IsDense { get; private set; }

    /// <summary>Index of the first present value in the node's vector when <see cref="IsDense"/>.</summary>
    public int Start { get; private set; }

    /// <summary>Indexes of the present values in the node's vector unless <see cref="IsDense"/>.</summary>
    public ReadOnlySpan<int> Indexes => ownIndexes.Span;

    /// <summary>Repetition levels; empty outside of lists, where all are 0.</summary>
    public ReadOnlySpan<byte> Repetition => repetition is null ? [] : repetition.Span;

    /// <summary>Definition levels; undefined when <see cref="AllAlive"/>.</summary>
    public ReadOnlySpan<byte> Definition => ownDefinition.Span;

    public long CapacityBytes => ownRepetition.CapacityBytes + ownDefinition.CapacityBytes + ownIndexes.CapacityBytes;

    /// <summary>Rows of a top-level column.</summary>
    public void SetRows(int start, int count)
    {
        repetition = null;
        Entries = count;
        AliveCount = count;
        IsDense = true;
        Start = start;
    }

    /// <summary>Ends the entries whose value is null with <paramref name="nullLevel"/>.</summary>
    public void SetWithoutNulls(LevelRun parent, ReadOnlySpan<byte> validity, int nullLevel)
    {
        repetition = parent.repetition;
        Entries = parent.Entries;
        ownDefinition.Clear();
        var definition = ownDefinition.Extend(Entries);
        if (parent.AllAlive) definition.Fill(Alive);
        else parent.Definition.CopyTo(definition);

        ownIndexes.Clear();
        var indexes = ownIndexes.Extend(parent.AliveCount);
        var parentIndexes = parent.Indexes;
        int present = 0, seen = 0;
        for (int entry = 0; entry < definition.Length; entry++)
        {
            if (definition[entry] != Alive) continue;
            int index = parent.IsDense ? parent.Start + seen : parentIndexes[seen];
            seen++;
            indexes[present] = index;
            int bit = (validity[index >> 3] >> (index & 7)) & 1;
            present += bit;
            if (bit == 0) definition[entry] = (byte)nullLevel;
        }

        ownIndexes.Truncate(present);
        AliveCount = present;
        IsDense = false;
    }

    /// <summary>Replaces each present list by its elements; an empty one ends with <paramref name="emptyLevel"/>.</summary>
    public void SetElements(LevelRun parent, ReadOnlySpan<int> offsets, int emptyLevel, byte repetitionLevel)
    {
        var (elements, empties, isDense) = Measure(parent, offsets);
        int dead = parent.Entries - parent.AliveCount;
        Entries = checked(elements + empties + dead);
        AliveCount = elements;
        IsDense = isDense;
        Start = isDense && parent.AliveCount > 0 ? FirstElement(parent, offsets) : 0;

        repetition = ownRepetition;
        ownRepetition.Clear();
        var levels = ownRepetition.Extend(Entries);
        ownDefinition.Clear();
        var definition = AllAlive ? [] : ownDefinition.Extend(Entries);
        ownIndexes.Clear();
        var indexes = isDense ? [] : ownIndexes.Extend(elements);

        var parentRepetition = parent.Repetition;
        var parentDefinition = parent.Definition;
        var parentIndexes = parent.Indexes;
        bool parentAlive = parent.AllAlive, parentDense = parent.IsDense;
        int at = 0, seen = 0, element = 0;
        for (int entry = 0; entry < parent.Entries; entry++)
        {
            levels[at] = parentRepetition.IsEmpty ? (byte)0 : parentRepetition[entry];
            if (!parentAlive && parentDefinition[entry] != Alive)
            {
                definition[at++] = parentDefinition[entry];
                continue;
            }

            int index = parentDense ? parent.Start + seen : parentIndexes[seen];
            seen++;
            int from = offsets[index], count = offsets[index + 1] - from;
            if (count == 0)
            {
                definition[at++] = (byte)emptyLevel;
                continue;
            }

            levels.Slice(at + 1, count - 1).Fill(repetitionLevel);
            if (!definition.IsEmpty) definition.Slice(at, count).Fill(Alive);
            if (!isDense)
            {
                for (int i = 0; i < count; i++) indexes[element++] = from + i;
            }

            at += count;
        }
    }

    public void Free()
    {
        ownRepetition.Free();
        ownDefinition.Free();
        ownIndexes.Free();
    }

    private static (int Elements, int Empties, bool IsDense) Measure(LevelRun parent, ReadOnlySpan<int> offsets)
    {
        var indexes = parent.Indexes;
        int elements = 0, empties = 0, next = -1;
        bool isDense = true;
        for (int i = 0; i < parent.AliveCount; i++)
        {
            int index = parent.IsDense ? parent.Start + i : indexes[i];
            int from = offsets[index], end = offsets[index + 1];
            if (from == end)
            {
                empties++;
                continue;
            }

            isDense &= next < 0 || next == from;
            next = end;
            elements = checked(elements + end - from);
        }

        return (elements, empties, isDense);
    }

    /// <summary>Where the first list that has elements begins; empty lists hold any offset.</summary>
    private static int FirstElement(LevelRun parent, ReadOnlySpan<int> offsets)
    {
        var indexes = parent.Indexes;
        for (int i = 0; i < parent.AliveCount; i++)
        {
            int index = parent.IsDense ? parent.Start + i : indexes[i];
            if (offsets[index] != offsets[index + 1]) return offsets[index];
        }

        return 0;
    }
}
