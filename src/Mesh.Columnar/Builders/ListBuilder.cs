namespace Mesh.Columnar;

/// <summary>Appends lists: append the elements to <see cref="Element"/>, then call <see cref="EndList"/>.</summary>
public sealed class ListBuilder : RepeatedBuilder
{
    /// <param name="type">Type of the lists.</param>
    /// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
    public ListBuilder(ListType type, ColumnMemory? memory = null)
        : this(type, Create(type.Element.Type, memory), memory)
    {
    }

    private ListBuilder(ListType type, ColumnBuilder element, ColumnMemory? memory)
        : base(type, element, memory) => Element = element;

    /// <summary>Takes the elements of the list being appended.</summary>
    public ColumnBuilder Element { get; }

    /// <summary>Ends a list: its elements are those appended to <see cref="Element"/> since the last end.</summary>
    public void EndList() => EndItems();

    /// <summary>Forgets elements appended since the last <see cref="EndList"/>.</summary>
    public void DiscardOpenElements() => DiscardOpenItems();
}
