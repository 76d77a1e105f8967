namespace Mesh.Columnar;

/// <summary>Appends maps: append key and value of each entry to <see cref="Entries"/>, then call <see cref="EndMap"/>.</summary>
public sealed class MapBuilder : RepeatedBuilder
{
    /// <param name="type">Type of the maps.</param>
    /// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
    public MapBuilder(MapType type, ColumnMemory? memory = null)
        : this(type, new StructBuilder((StructType)type.Entries.Type, memory), memory)
    {
    }

    private MapBuilder(MapType type, StructBuilder entries, ColumnMemory? memory)
        : base(type, entries, memory) => Entries = entries;

    /// <summary>Takes the entries of the map being appended: a struct of key and value each.</summary>
    public StructBuilder Entries { get; }

    /// <summary>Ends a map: its entries are those appended to <see cref="Entries"/> since the last end.</summary>
    public void EndMap() => EndItems();

    /// <summary>Forgets entries appended since the last <see cref="EndMap"/>.</summary>
    public void DiscardOpenEntries() => DiscardOpenItems();
}
