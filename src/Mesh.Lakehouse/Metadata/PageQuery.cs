namespace Mesh.Lakehouse.Metadata;

/// <summary>Which page of a list is asked for.</summary>
public abstract record PageQuery
{
    /// <summary>Most rows of a page.</summary>
    public const int MaxPageSize = 200;

    /// <summary>Number of the page, from 1 (default: 1); less is taken for 1, and one beyond the last is empty.</summary>
    public int Page { get; init; } = 1;

    /// <summary>Rows of a page, 1 to 200 (default: 100); what is beyond is taken for the nearest.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>The page that is given, from 1.</summary>
    public int Number => Math.Max(1, Page);

    /// <summary>Rows that are given at most.</summary>
    public int Size => Math.Clamp(PageSize, 1, MaxPageSize);

    /// <summary>Rows before it.</summary>
    public long Offset => (Number - 1L) * Size;
}
