using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Tells which samples of a channel, taken in order, are events.</summary>
internal sealed class EventDetector(EventCondition when, ChannelSchemas schemas)
{
    private readonly FieldPath? condition = PathOf(schemas, when.Field);
    private bool? held;

    /// <summary>Whether the next sample is one. What was before the first sample is not known, so it is no change.</summary>
    public bool IsEvent(in RowRef row)
    {
        bool holds = when.Holds(condition?.In(row.Block), row.Row);
        bool isEvent = holds && (!when.OnChange || held == false);
        held = holds;
        return isEvent;
    }

    private static FieldPath? PathOf(ChannelSchemas rows, string name)
    {
        var fields = rows.Fields();
        var columns = rows.ColumnsOf(fields);
        FieldPath? path = null;
        foreach (string word in name.Split('.'))
        {
            int index = fields.Fields.ToList().FindIndex(field => field.Name == word);
            if (index < 0) return null;
            path = path is null ? new FieldPath(Array.ConvertAll(columns, schema => schema[index]), []) : path.Child(index);
            fields = fields.Fields[index].Type as StructType ?? new StructType([]);
        }

        return path;
    }
}
