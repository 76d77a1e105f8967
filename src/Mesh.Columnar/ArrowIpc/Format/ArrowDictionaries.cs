namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>The dictionaries that a file or stream has given so far (Arrow columnar format, "Dictionary Messages").</summary>
/// <param name="maxBytes">Largest sum of their values, in bytes.</param>
internal sealed class ArrowDictionaries(long maxBytes)
{
    private readonly Dictionary<long, ArrowField> fields = [];
    private readonly Dictionary<long, List<ColumnVector>> pieces = [];

    /// <summary>Takes note of the dictionaries of a column and of those below it.</summary>
    public void Collect(ArrowField field)
    {
        if (field.DictionaryId is { } id) fields[id] = field with { DictionaryId = null };
        foreach (var child in field.Children) Collect(child);
    }

    /// <summary>Takes a dictionary's values: instead of those it had, or in addition to them (delta).</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public void Take(FlatTable header, ReadOnlyMemory<byte> body)
    {
        long id = header.GetInt64(0);
        if (!fields.TryGetValue(id, out var field)) throw new InvalidDataException($"dictionary {id} belongs to no column");
        var data = header.GetTable(1) ?? throw new InvalidDataException("a dictionary has no data");
        bool isDelta = header.GetBoolean(2);
        var values = new ArrowBatchReader(data, body, this, new ByteBudget(maxBytes)).Read(field);
        if (!pieces.TryGetValue(id, out var known) || !isDelta) pieces[id] = known = [];
        known.Add(values);
        if (pieces.Values.Sum(list => list.Sum(piece => piece.EstimatedBytes)) > maxBytes) throw new InvalidDataException("its dictionaries are larger than what is allowed");
    }

    /// <summary>All values of a dictionary.</summary>
    /// <exception cref="InvalidDataException">It has not been given.</exception>
    public ColumnVector Find(long id)
    {
        if (!pieces.TryGetValue(id, out var known)) throw new InvalidDataException($"dictionary {id} is missing");
        if (known.Count == 1) return known[0];
        var whole = ArrowGather.Concatenate(known, new ByteBudget(2 * maxBytes));
        pieces[id] = [whole];
        return whole;
    }
}
