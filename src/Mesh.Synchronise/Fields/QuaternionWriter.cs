using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>
/// Writes orientations: structs or lists of four numbers. Between two samples the shorter rotation at a steady rate; null when a neighbour is
/// no orientation.
/// </summary>
internal sealed class QuaternionWriter : ColumnWriter
{
    private const int Components = 4;

    private readonly ColumnBuilder target;
    private readonly FieldPath path;
    private readonly ColumnBuilder[] components;
    private readonly int[] positions;
    private readonly double maxPerNs;

    public QuaternionWriter(ColumnBuilder target, FieldPath path, FieldRule rule)
    {
        this.target = target;
        this.path = path;
        maxPerNs = FieldRate.PerNs(rule);
        positions = (target.Type is StructType type ? FieldRules.ComponentsOf(type) : null) ?? (rule.IsWFirst ? [1, 2, 3, 0] : [0, 1, 2, 3]);
        components = target is StructBuilder structs ? [.. structs.Children] : [((ListBuilder)target).Element];
    }

    public override bool CanBeAmbiguous => true;

    public override void Write(ReadOnlySpan<Match> matches, Span<bool> ambiguous)
    {
        FieldCursor fromCursor = new(path), toCursor = new(path);
        for (int i = 0; i < matches.Length; i++)
        {
            ref readonly var match = ref matches[i];
            if (!match.HasValue)
            {
                target.AppendNull();
                continue;
            }

            var from = fromCursor.In(match.From.Block);
            if (from is null)
            {
                target.AppendNull();
                continue;
            }

            if (!match.IsInterpolated)
            {
                RowAppender.Append(target, from, match.From.Row);
                continue;
            }

            var to = toCursor.In(match.To.Block);
            if (to is null || !TryRead(from, match.From.Row, out var a) || !TryRead(to, match.To.Row, out var b)
                || !Interpolation.Slerp(a, b, match.U, out var value, out double angle, out bool isHalfTurn))
            {
                target.AppendNull();
                continue;
            }

            bool isTooFast = angle > maxPerNs * match.GapNs;
            ambiguous[i] |= isHalfTurn || isTooFast;
            if (isTooFast) target.AppendNull();
            else Append(value);
        }
    }

    private bool TryRead(ColumnVector vector, int row, out Interpolation.Vector4D value)
    {
        value = default;
        if (vector.IsNull(row)) return false;
        if (vector.Type is StructType)
        {
            var children = vector.Children;
            foreach (int position in positions)
            {
                if (children[position].IsNull(row)) return false;
            }

            value = new(Number(children[positions[0]], row), Number(children[positions[1]], row), Number(children[positions[2]], row), Number(children[positions[3]], row));
            return true;
        }

        int start = vector.Offsets[row];
        if (vector.Offsets[row + 1] - start != Components) return false;
        var elements = vector.Children[0];
        for (int i = 0; i < Components; i++)
        {
            if (elements.IsNull(start + i)) return false;
        }

        value = new(
            Number(elements, start + positions[0]), Number(elements, start + positions[1]), Number(elements, start + positions[2]), Number(elements, start + positions[3]));
        return true;
    }

    private void Append(in Interpolation.Vector4D value)
    {
        Span<double> inOrder = stackalloc double[Components];
        inOrder[positions[0]] = value.X;
        inOrder[positions[1]] = value.Y;
        inOrder[positions[2]] = value.Z;
        inOrder[positions[3]] = value.W;
        for (int i = 0; i < Components; i++)
        {
            var component = components[components.Length == 1 ? 0 : i];
            if (component is FixedWidthBuilder<double> doubles) doubles.Append(inOrder[i]);
            else ((FixedWidthBuilder<float>)component).Append((float)inOrder[i]);
        }

        if (target is StructBuilder structs) structs.EndStruct();
        else ((ListBuilder)target).EndList();
    }

    private static double Number(ColumnVector vector, int row) => vector.Type.Kind == TypeKind.Float64 ? vector.Values<double>()[row] : vector.Values<float>()[row];
}
