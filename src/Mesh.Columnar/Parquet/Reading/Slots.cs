using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
        if (node.SlotDefinitionLevel == 0 && leaf.Node.RepetitionLevel == 0) return FindFlat(definition, (byte)node.DefinitionLevel);

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
    public static byte[] FindOffsets(LeafReader leaf, ParquetNode list, int length)
    {
        var definition = leaf.Definition;
        var repetition = leaf.Repetition;
        byte[] bytes = GC.AllocateUninitializedArray<byte>((length + 1) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        int slot = 0, elements = 0;
        for (int i = 0; i < definition.Length; i++)
        {
            if (definition[i] >= list.SlotDefinitionLevel && repetition[i] <= list.RepetitionLevel) offsets[slot++] = elements;
            if (definition[i] <= list.DefinitionLevel || repetition[i] > list.RepetitionLevel + 1) continue;
            if (slot == 0) throw new ParquetDataException($"an element of column '{list.Name}' belongs to no list");
            elements++;
        }

        offsets[slot] = elements;
        return bytes;
    }

    /// <summary>Outside of lists every level is a place.</summary>
    private static Slots FindFlat(ReadOnlySpan<byte> definition, byte level)
    {
        if (!definition.ContainsAnyExceptInRange(level, byte.MaxValue)) return new Slots(definition.Length, 0, []);
        var validity = new byte[(definition.Length + 7) / 8];
        int i = 0, present = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var least = Vector256.Create(level);
            for (; i + 32 <= definition.Length; i += 32)
            {
                uint bits = Vector256.GreaterThanOrEqual(Vector256.Create(definition[i..]), least).ExtractMostSignificantBits();
                BinaryPrimitives.WriteUInt32LittleEndian(validity.AsSpan(i >> 3), bits);
                present += BitOperations.PopCount(bits);
            }
        }

        for (; i < definition.Length; i++)
        {
            if (definition[i] < level) continue;
            validity[i >> 3] |= (byte)(1 << (i & 7));
            present++;
        }

        return new Slots(definition.Length, definition.Length - present, validity);
    }
}
