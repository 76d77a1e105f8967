using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Appends copies of values of other columns.</summary>
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
            case FixedWidthBuilder<Half> target:
                target.Append(source.Values<Half>()[row]);
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
            case MapBuilder target:
                var entries = source.Offsets;
                Append(target.Entries, source.Children[0], entries[row], entries[row + 1] - entries[row]);
                target.EndMap();
                break;
            case FixedBinaryBuilder target:
                int width = target.Type.ByteWidth;
                target.Append(source.ValueBytes.Span.Slice(row * width, width));
                break;
            case StructBuilder target:
                for (int i = 0; i < target.Children.Count; i++) Append(target.Children[i], source.Children[i], row);
                target.EndStruct();
                break;
            default:
                throw new InvalidOperationException($"Values of {builder.Type} cannot be copied.");
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
