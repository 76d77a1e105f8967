using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>A plan's slots filled with the builders of one row.</summary>
internal sealed class WireBinding
{
    private readonly ColumnBuilder[] row;

    public WireBinding(WirePlan plan, WireRegions regions, ReadOnlySpan<ColumnBuilder> row)
    {
        if (row.Length != plan.Type.Fields.Count)
        {
            throw new ArgumentException($"The schema has {plan.Type.Fields.Count} columns but {row.Length} builders were given.", nameof(row));
        }

        this.row = row.ToArray();
        Builders = new ColumnBuilder[plan.Slots.Length];
        for (int i = 0; i < Builders.Length; i++)
        {
            var slot = plan.Slots[i];
            var builder = slot.Parent < 0 ? row[slot.Index] : Builders[slot.Parent] switch
            {
                StructBuilder parent => parent.Children[slot.Index],
                ListBuilder parent => parent.Element,
                _ => throw new InvalidOperationException("Only structs and lists have children."),
            };
            // Checked once here, so that decoding may cast without looking.
            if (builder.Type.Kind != slot.Type.Kind) throw new ArgumentException($"A builder of {builder.Type.Kind} was given for {slot.Type.Kind}.", nameof(row));
            Builders[i] = builder;
        }

        Run = new WireRun(regions, Builders);
    }

    public ColumnBuilder[] Builders { get; }

    public WireRun Run { get; }

    /// <summary>Generated code for these builders, by encapsulation.</summary>
    public Dictionary<int, WireDecode?> Compiled { get; } = [];

    public bool IsFor(ReadOnlySpan<ColumnBuilder> other)
    {
        if (other.Length != row.Length) return false;
        for (int i = 0; i < row.Length; i++)
        {
            if (!ReferenceEquals(row[i], other[i])) return false;
        }

        return true;
    }
}
