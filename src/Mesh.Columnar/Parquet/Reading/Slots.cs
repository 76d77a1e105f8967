namespace Mesh.Columnar.Parquet;

/// <summary>The places of a node's vector, found in the levels of a leaf below it (Dremel, "record assembly").</summary>
internal readonly struct Slots
{
    private Slots(int length, int nullCount, byte[] validity)
    {
        Length = length;
        NullCount = nullCount;
        Validity = validity;
    }

    public int Length { get; }

    public int NullCount { get; }

    /// <summary>Empty when there are no nulls.</summary>
    public byte[] Validity { get; }

    public static Slots Find(LeafReader leaf, ParquetNode node)
    {
        if (node.DefinitionLevel == 0)
        {
            // Nothing optional and no list around it: one place per row.
            return new Slots(leaf.Node.RepetitionLevel == 0 ? leaf.Entries : leaf.Repetition.Count((byte)0), 0, []);
        }

        var definition = leaf.Definition;
        if (node.SlotDefinitionLevel == 0 && leaf.Node.RepetitionLevel == 0)
        {
            int present = CountAtLeast(definition, node.DefinitionLevel, leaf.Node.DefinitionLevel);
            if (present == definition.Length) return new Slots(definition.Length, 0, []);
        }

        var repetition = leaf.Repetition;
        var validity = new byte[(definition.Length + 7) / 8];
        int length = 0, nulls = 0;
        for (int i = 0; i < definition.Length; i++)
        {
            if (definition[i] < node.SlotDefinitionLevel || (!repetition.IsEmpty && repetition[i] > node.RepetitionLevel)) continue;
            if (definition[i] >= node.DefinitionLevel) validity[length >> 3] |= (byte)(1 << (length & 7));
            else nulls++;
            length++;
        }

        return new Slots(length, nulls, nulls == 0 ? [] : validity[..((length + 7) / 8)]);
    }

    /// <summary>Offsets of a list, whose elements are the entries defined beyond it.</summary>
    public static int[] FindOffsets(LeafReader leaf, ParquetNode list, int length)
    {
        var definition = leaf.Definition;
        var repetition = leaf.Repetition;
        var offsets = new int[length + 1];
        int slot = 0, elements = 0;
        for (int i = 0; i < definition.Length; i++)
        {
            if (definition[i] >= list.SlotDefinitionLevel && repetition[i] <= list.RepetitionLevel) offsets[slot++] = elements;
            if (definition[i] <= list.DefinitionLevel || repetition[i] > list.RepetitionLevel + 1) continue;
            if (slot == 0) throw new ParquetDataException($"an element of column '{list.Name}' belongs to no list");
            elements++;
        }

        offsets[slot] = elements;
        return offsets;
    }

    private static int CountAtLeast(ReadOnlySpan<byte> levels, int level, int max)
    {
        if (level == max) return levels.Count((byte)max);
        int count = 0;
        foreach (byte found in levels) count += found >= level ? 1 : 0;
        return count;
    }
}
