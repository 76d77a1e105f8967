using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Copies numbers of a fixed width.</summary>
internal sealed class FixedWriter<T>(FixedWidthBuilder<T> target, FieldPath path, bool takesNearer) : ColumnWriter
    where T : unmanaged
{
    public override void Write(ReadOnlySpan<Match> matches, Span<bool> ambiguous)
    {
        RowBlock? block = null;
        ColumnVector? vector = null;
        ReadOnlySpan<T> values = default;
        foreach (ref readonly var match in matches)
        {
            if (!match.HasValue)
            {
                target.AppendNull();
                continue;
            }

            ref readonly var sample = ref takesNearer ? ref match.Nearer : ref match.From;
            if (!ReferenceEquals(sample.Block, block))
            {
                block = sample.Block;
                vector = path.In(block);
                values = vector is null ? default : vector.Values<T>();
            }

            if (vector is null || vector.IsNull(sample.Row)) target.AppendNull();
            else target.Append(values[sample.Row]);
        }
    }
}

/// <summary>Copies text, truth values, lists and other types.</summary>
internal sealed class CopyWriter(ColumnBuilder target, FieldPath path, bool takesNearer) : ColumnWriter
{
    public override void Write(ReadOnlySpan<Match> matches, Span<bool> ambiguous)
    {
        RowBlock? block = null;
        ColumnVector? vector = null;
        foreach (ref readonly var match in matches)
        {
            if (!match.HasValue)
            {
                target.AppendNull();
                continue;
            }

            ref readonly var sample = ref takesNearer ? ref match.Nearer : ref match.From;
            if (!ReferenceEquals(sample.Block, block))
            {
                block = sample.Block;
                vector = path.In(block);
            }

            if (vector is null) target.AppendNull();
            else RowAppender.Append(target, vector, sample.Row);
        }
    }
}

/// <summary>Writes the fields of a struct, each by its own writer. The struct is there where that of the earlier sample is.</summary>
internal sealed class StructWriter(StructBuilder target, FieldPath path, ColumnWriter[] children, bool takesNearer) : ColumnWriter
{
    private byte[] validity = [];

    public override bool CanBeAmbiguous => Array.Exists(children, child => child.CanBeAmbiguous);

    public override void Write(ReadOnlySpan<Match> matches, Span<bool> ambiguous)
    {
        foreach (var child in children) child.Write(matches, ambiguous);
        if (validity.Length * 8 < matches.Length) validity = new byte[(matches.Length + 7) / 8];
        else Array.Clear(validity);

        RowBlock? block = null;
        ColumnVector? vector = null;
        int present = 0;
        for (int i = 0; i < matches.Length; i++)
        {
            ref readonly var match = ref matches[i];
            if (!match.HasValue) continue;
            ref readonly var sample = ref takesNearer ? ref match.Nearer : ref match.From;
            if (!ReferenceEquals(sample.Block, block))
            {
                block = sample.Block;
                vector = path.In(block);
            }

            if (vector is null || vector.IsNull(sample.Row)) continue;
            validity[i >> 3] |= (byte)(1 << (i & 7));
            present++;
        }

        if (present == matches.Length) target.EndStructs(matches.Length);
        else target.EndStructs(matches.Length, validity);
    }
}
