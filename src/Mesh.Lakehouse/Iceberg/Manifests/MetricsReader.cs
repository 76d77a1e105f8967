using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg.Avro;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Gathers the metrics of a file's columns from the maps by field id that a manifest has instead of them.</summary>
/// <param name="wanted">Columns to gather, by field id.</param>
internal sealed class MetricsReader(Func<int, bool> wanted)
{
    private readonly Dictionary<int, Slot> slots = [];
    private readonly List<Slot> filled = [];

    public void Clear()
    {
        foreach (var slot in filled) slot.Clear();
        filled.Clear();
    }

    /// <summary>Reads the map of metrics that field <paramref name="fieldId"/> is; false when it is another field.</summary>
    public bool TryRead(ref AvroDecoder decoder, int fieldId, AvroType type)
    {
        if (fieldId is not (108 or 109 or 110 or 137 or 125 or 128)) return false;
        if (!decoder.TryEnter(type, out var present)) return true;
        if (present is not AvroArray { Items: AvroRecord { Fields.Count: 2 } pair })
        {
            decoder.Skip(present);
            return true;
        }

        var (key, value) = (pair.Fields[0].Type, pair.Fields[1].Type);
        for (long count = decoder.ReadBlockCount(); count > 0; count = decoder.ReadBlockCount())
        {
            for (; count > 0; count--)
            {
                int id = (int)(decoder.ReadNumber(key) ?? -1);
                if (!wanted(id))
                {
                    decoder.Skip(value);
                    continue;
                }

                var slot = SlotOf(id);
                switch (fieldId)
                {
                    case 108:
                        slot.ColumnBytes = decoder.ReadNumber(value) ?? 0;
                        break;
                    case 109:
                        slot.ValueCount = decoder.ReadNumber(value) ?? -1;
                        break;
                    case 110:
                        slot.NullCount = decoder.ReadNumber(value) ?? -1;
                        break;
                    case 137:
                        slot.NanCount = decoder.ReadNumber(value) ?? -1;
                        break;
                    case 125:
                        slot.LowerBound = decoder.ReadBinary(value);
                        break;
                    default:
                        slot.UpperBound = decoder.ReadBinary(value);
                        break;
                }
            }
        }

        return true;
    }

    public IReadOnlyList<ColumnMetrics> ToColumns()
    {
        var columns = new ColumnMetrics[filled.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            var slot = filled[i];
            columns[i] = new ColumnMetrics
            {
                FieldId = slot.FieldId, ValueCount = slot.ValueCount, NullCount = slot.NullCount, NanCount = slot.NanCount, ColumnBytes = slot.ColumnBytes,
                LowerBound = slot.LowerBound, UpperBound = slot.UpperBound,
            };
        }

        return columns;
    }

    private Slot SlotOf(int id)
    {
        if (!slots.TryGetValue(id, out var slot)) slots.Add(id, slot = new Slot(id));
        if (!slot.IsFilled)
        {
            slot.IsFilled = true;
            filled.Add(slot);
        }

        return slot;
    }

    private sealed class Slot(int fieldId)
    {
        public readonly int FieldId = fieldId;
        public bool IsFilled;
        public long ColumnBytes;
        public long ValueCount = -1;
        public long NullCount = -1;
        public long NanCount = -1;
        public byte[]? LowerBound;
        public byte[]? UpperBound;

        public void Clear()
        {
            IsFilled = false;
            ColumnBytes = 0;
            ValueCount = NullCount = NanCount = -1;
            LowerBound = UpperBound = null;
        }
    }
}
