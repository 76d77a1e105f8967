using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Appends values of other columns: copies, and values between two.</summary>
internal static class RowAppender
{
    /// <summary>Appends a copy of one value.</summary>
    public static void Append(ColumnBuilder builder, ColumnVector source, int row)
    {
        if (source.IsNull(row))
        {
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case FixedWidthBuilder<double> target:
                target.Append(source.Values<double>()[row]);
                break;
            case FixedWidthBuilder<float> target:
                target.Append(source.Values<float>()[row]);
                break;
            case FixedWidthBuilder<int> target:
                target.Append(source.Values<int>()[row]);
                break;
            case FixedWidthBuilder<long> target:
                target.Append(source.Values<long>()[row]);
                break;
            case FixedWidthBuilder<Int128> target:
                target.Append(source.Values<Int128>()[row]);
                break;
            case BooleanBuilder target:
                target.Append(source.GetBoolean(row));
                break;
            case BinaryBuilder target:
                target.Append(source.GetBytes(row));
                break;
            case ListBuilder target:
                var offsets = source.Offsets;
                Append(target.Element, source.Children[0], offsets[row], offsets[row + 1] - offsets[row]);
                target.EndList();
                break;
            case StructBuilder target:
                for (int i = 0; i < target.Children.Count; i++) Append(target.Children[i], source.Children[i], row);
                target.EndStruct();
                break;
        }
    }

    /// <summary>Appends copies of values that follow one another.</summary>
    public static void Append(ColumnBuilder builder, ColumnVector source, int row, int count)
    {
        if (builder is StructBuilder target && source.NullCount == 0)
        {
            for (int i = 0; i < target.Children.Count; i++) Append(target.Children[i], source.Children[i], row, count);
            target.EndStructs(count);
            return;
        }

        AppendElements(builder, source, row, row + count);
    }

    /// <summary>
    /// Appends the value at fraction <paramref name="u"/> of the way from one value to another: floating-point numbers linearly, exact at
    /// both ends and monotone between them; everything else from the nearer one, the earlier in the middle. A neighbour that is null, or
    /// numbers that are not finite, make a null.
    /// </summary>
    public static void AppendBetween(ColumnBuilder builder, ColumnVector? from, int fromRow, ColumnVector? to, int toRow, double u)
    {
        if (from is null || to is null || from.IsNull(fromRow) || to.IsNull(toRow))
        {
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case FixedWidthBuilder<double> target:
                double value = Between(from.Values<double>()[fromRow], to.Values<double>()[toRow], u);
                if (double.IsFinite(value)) target.Append(value);
                else target.AppendNull();
                break;
            case FixedWidthBuilder<float> target:
                float single = (float)Between(from.Values<float>()[fromRow], to.Values<float>()[toRow], u);
                if (float.IsFinite(single)) target.Append(single);
                else target.AppendNull();
                break;
            case StructBuilder target:
                for (int i = 0; i < target.Children.Count; i++) AppendBetween(target.Children[i], from.Children[i], fromRow, to.Children[i], toRow, u);
                target.EndStruct();
                break;
            default:
                if (u <= 0.5) Append(builder, from, fromRow);
                else Append(builder, to, toRow);
                break;
        }
    }

    // a + u(b-a) alone misses b at u = 1 by an ulp.
    private static double Between(double a, double b, double u) => u < 0.5 ? a + u * (b - a) : b - (1 - u) * (b - a);

    private static void AppendElements(ColumnBuilder builder, ColumnVector source, int from, int to)
    {
        // Ranges and histograms are long lists of plain numbers; element by element they would dominate.
        if (source.NullCount == 0)
        {
            switch (builder)
            {
                case FixedWidthBuilder<double> target:
                    target.Append(source.Values<double>()[from..to]);
                    return;
                case FixedWidthBuilder<float> target:
                    target.Append(source.Values<float>()[from..to]);
                    return;
                case FixedWidthBuilder<int> target:
                    target.Append(source.Values<int>()[from..to]);
                    return;
                case FixedWidthBuilder<long> target:
                    target.Append(source.Values<long>()[from..to]);
                    return;
            }
        }

        for (int i = from; i < to; i++) Append(builder, source, i);
    }
}
