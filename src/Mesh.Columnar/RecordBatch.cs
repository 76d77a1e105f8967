using System.Collections.ObjectModel;

namespace Mesh.Columnar;

/// <summary>Columns of equal length under one schema.</summary>
public sealed class RecordBatch
{
    /// <param name="schema">Describes the columns, in order.</param>
    /// <param name="length">Number of rows.</param>
    /// <param name="columns">One vector per field, each of <paramref name="length"/> values.</param>
    public RecordBatch(Schema schema, int length, IReadOnlyList<ColumnVector> columns)
    {
        if (columns.Count != schema.Fields.Count)
        {
            throw new ArgumentException($"The schema has {schema.Fields.Count} fields but {columns.Count} columns were given.", nameof(columns));
        }

        for (int i = 0; i < columns.Count; i++)
        {
            if (columns[i].Length != length)
            {
                throw new ArgumentException($"Column '{schema.Fields[i].Name}' has {columns[i].Length} values in a batch of {length} rows.", nameof(columns));
            }
        }

        Schema = schema;
        Length = length;
        Columns = columns;
    }

    /// <summary>Describes the columns.</summary>
    public Schema Schema { get; }

    /// <summary>Number of rows.</summary>
    public int Length { get; }

    /// <summary>The columns in schema order.</summary>
    public IReadOnlyList<ColumnVector> Columns { get; private set; }

    /// <summary>Key-value pairs that travel with the batch: Arrow IPC's custom metadata of its message.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Forgets the columns, so that their memory can be collected though the batch itself may still be referred to, as by queues it has passed. For who
    /// used it last.
    /// </summary>
    public void Release() => Columns = [];

    /// <summary>The first <paramref name="rows"/> rows, in the same memory.</summary>
    public RecordBatch Prefix(int rows) => new(Schema, rows, [.. Columns.Select(column => column.Prefix(rows))]) { Metadata = Metadata };

    /// <summary>Approximate bytes held.</summary>
    public long EstimatedBytes
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < Columns.Count; i++) sum += Columns[i].EstimatedBytes;
            return sum;
        }
    }

    /// <summary>The column of that name.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public ColumnVector this[string name] => Schema.IndexOf(name) is >= 0 and var index
        ? Columns[index]
        : throw new ArgumentException($"No column '{name}'; there are: {string.Join(", ", Schema.Fields.Select(field => field.Name))}.", nameof(name));
}
