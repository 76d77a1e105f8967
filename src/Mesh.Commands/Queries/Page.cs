using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Queries;

/// <summary>A page of a list.</summary>
/// <param name="Items">Its rows; none beyond the last page.</param>
/// <param name="Total">Rows of the whole list.</param>
/// <param name="Number">Number of the page, from 1.</param>
/// <param name="Size">Rows of a page at most.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long Total, int Number, int Size)
{
    /// <summary>Number of the last page; 1 for an empty list.</summary>
    public int LastNumber => (int)Math.Clamp((Total + Size - 1) / Size, 1, int.MaxValue);

    internal static Page<T> Of<TEntry>((IReadOnlyList<TEntry> Items, long Total) found, PageQuery query, Func<TEntry, T> view) =>
        new([.. found.Items.Select(view)], found.Total, query.Number, query.Size);

    internal static Page<T> Of((IReadOnlyList<T> Items, long Total) found, PageQuery query) => new(found.Items, found.Total, query.Number, query.Size);
}
