using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>
/// Writes one column of frames for many frames at a time: what is virtual is called once per column and chunk, and a block's column is looked
/// up when the block changes, not per value.
/// </summary>
internal abstract class ColumnWriter
{
    /// <summary>Appends a value per match.</summary>
    /// <param name="matches">One per frame.</param>
    /// <param name="ambiguous">Per frame; set where a value could be another just as well.</param>
    public abstract void Write(ReadOnlySpan<Match> matches, Span<bool> ambiguous);

    /// <summary>Whether values can be ambiguous.</summary>
    public virtual bool CanBeAmbiguous => false;

    /// <summary>Writers of the fields of a channel, in order.</summary>
    public static ColumnWriter[] CreateAll(ReadOnlySpan<ColumnBuilder> builders, StructType fields, int[][] columns, bool interpolates, IReadOnlyDictionary<string, FieldRule> rules)
    {
        var writers = new ColumnWriter[fields.Fields.Count];
        for (int i = 0; i < writers.Length; i++)
        {
            int index = i;
            var path = new FieldPath(Array.ConvertAll(columns, schema => schema[index]), []);
            writers[i] = Create(builders[i], fields.Fields[i], fields, path, fields.Fields[i].Name, interpolates ? rules : null, null);
        }

        return writers;
    }

    /// <param name="builder">Takes the values.</param>
    /// <param name="field">The field as it is in the channel.</param>
    /// <param name="parent">The struct it is in.</param>
    /// <param name="path">Where its column is.</param>
    /// <param name="name">Its dotted path.</param>
    /// <param name="rules">Rules that were declared; null where values are copied.</param>
    /// <param name="inherited">The rule declared for something above it.</param>
    private static ColumnWriter Create(
        ColumnBuilder builder, Field field, StructType parent, FieldPath path, string name, IReadOnlyDictionary<string, FieldRule>? rules, FieldRule? inherited)
    {
        FieldRule? own = null;
        var rule = rules is null ? null : FieldRules.Of(rules, name, field, parent, inherited, out own);
        bool takesNearer = rule?.Treatment == FieldTreatment.Nearest;
        switch (rule?.Treatment)
        {
            case FieldTreatment.Quaternion:
                return new QuaternionWriter(builder, path, rule);
            case FieldTreatment.Angle:
                return builder is FixedWidthBuilder<double> angles
                    ? new BetweenWriter<double, AngleBetween<double>>(angles, path, new AngleBetween<double>(rule))
                    : new BetweenWriter<float, AngleBetween<float>>((FixedWidthBuilder<float>)builder, path, new AngleBetween<float>(rule));
            case FieldTreatment.Linear:
                return builder switch
                {
                    FixedWidthBuilder<double> numbers => new BetweenWriter<double, LinearBetween<double>>(numbers, path, new LinearBetween<double>(rule)),
                    FixedWidthBuilder<float> numbers => new BetweenWriter<float, LinearBetween<float>>(numbers, path, new LinearBetween<float>(rule)),
                    FixedWidthBuilder<long> numbers => new BetweenWriter<long, IntegerBetween<long>>(numbers, path, new IntegerBetween<long>(rule)),
                    _ => new BetweenWriter<int, IntegerBetween<int>>((FixedWidthBuilder<int>)builder, path, new IntegerBetween<int>(rule)),
                };
        }

        switch (builder)
        {
            case FixedWidthBuilder<double> numbers:
                return new FixedWriter<double>(numbers, path, takesNearer);
            case FixedWidthBuilder<float> numbers:
                return new FixedWriter<float>(numbers, path, takesNearer);
            case FixedWidthBuilder<int> numbers:
                return new FixedWriter<int>(numbers, path, takesNearer);
            case FixedWidthBuilder<long> numbers:
                return new FixedWriter<long>(numbers, path, takesNearer);
            case StructBuilder structs:
                var type = (StructType)field.Type;
                var children = new ColumnWriter[type.Fields.Count];
                for (int i = 0; i < children.Length; i++)
                {
                    children[i] = Create(structs.Children[i], type.Fields[i], type, path.Child(i), $"{name}.{type.Fields[i].Name}", rules, own);
                }

                return new StructWriter(structs, path, children, takesNearer);
            default:
                return new CopyWriter(builder, path, takesNearer);
        }
    }
}
