namespace Mesh.Commands.Queries;

/// <summary>What a list of products is sorted by.</summary>
public enum ProductSort
{
    /// <summary>Name.</summary>
    Name,
    /// <summary>When the current snapshot was committed; those without one come last.</summary>
    Updated,
    /// <summary>Rows.</summary>
    Rows,
    /// <summary>Data files.</summary>
    Files,
    /// <summary>Bytes of the data files.</summary>
    Bytes,
}
