using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Writes numbers that may lie between two samples. A neighbour that is null makes a null.</summary>
/// <typeparam name="T">The numbers.</typeparam>
/// <typeparam name="TBetween">How; a struct, so that there is no virtual call per value.</typeparam>
internal sealed class BetweenWriter<T, TBetween>(FixedWidthBuilder<T> target, FieldPath path, TBetween between) : ColumnWriter
    where T : unmanaged
    where TBetween : struct, IBetween<T>
{
    public override bool CanBeAmbiguous => between.CanBeAmbiguous;

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
            if (from is null || from.IsNull(match.From.Row))
            {
                target.AppendNull();
                continue;
            }

            var a = from.Values<T>()[match.From.Row];
            if (!match.IsInterpolated)
            {
                target.Append(a);
                continue;
            }

            var to = toCursor.In(match.To.Block);
            if (to is null || to.IsNull(match.To.Row) || !between.TryBetween(a, to.Values<T>()[match.To.Row], in match, out var value, ref ambiguous[i])) target.AppendNull();
            else target.Append(value);
        }
    }
}
