namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>A column as it is written.</summary>
/// <param name="Field">Name and type.</param>
/// <param name="Children">Element, entries or members.</param>
/// <param name="Dictionary">Its dictionary; null when values are written as they are.</param>
internal sealed record ArrowColumn(Field Field, IReadOnlyList<ArrowColumn> Children, TextDictionary? Dictionary)
{
    /// <summary>
    /// The columns of a schema. Those whose path is named are dictionary-encoded; with a batch also those whose values repeat in it, four times on
    /// average: an index then takes less than the text.
    /// </summary>
    /// <param name="schema">What is written.</param>
    /// <param name="sample">Decides which columns repeat; null when only named ones are encoded.</param>
    /// <param name="options">Names paths and form.</param>
    public static List<ArrowColumn> Plan(Schema schema, RecordBatch? sample, ArrowWriterOptions options)
    {
        long id = 0;
        return [.. schema.Fields.Select((field, i) => Plan(field, sample?.Columns[i], field.Name, options, ref id))];
    }

    private static ArrowColumn Plan(Field field, ColumnVector? sample, string path, ArrowWriterOptions options, ref long id)
    {
        if (field.Type.Kind is TypeKind.Utf8 or TypeKind.Binary)
        {
            bool isEncoded = options.DictionaryColumns.Contains(path) || (field.Type.Kind == TypeKind.Utf8 && sample is not null && Repeats(sample));
            return new ArrowColumn(field, [], isEncoded ? new TextDictionary(id++, field.Type, options.Stream, options.MaxDictionaryBytes) : null);
        }

        IReadOnlyList<Field> below = field.Type switch
        {
            StructType type => type.Fields,
            ListType type => [type.Element],
            MapType type => [type.Entries],
            _ => [],
        };
        var children = new ArrowColumn[below.Count];
        for (int i = 0; i < children.Length; i++) children[i] = Plan(below[i], sample?.Children[i], $"{path}.{below[i].Name}", options, ref id);
        return new ArrowColumn(field, children, null);
    }

    private static bool Repeats(ColumnVector column)
    {
        int most = (column.Length - column.NullCount) / 4;
        var distinct = new HashSet<string>();
        for (int i = 0; i < column.Length && distinct.Count <= most; i++)
        {
            if (!column.IsNull(i)) distinct.Add(column.GetString(i));
        }

        return most > 0 && distinct.Count <= most;
    }
}
