namespace Mesh.Streaming.Topologies;

/// <summary>Collects what is wrong with a topology file.</summary>
public sealed class TopologyErrors(string fileName)
{
    private readonly HashSet<TopologyError> errors = [];

    /// <summary>The file.</summary>
    public string FileName { get; } = fileName;

    /// <summary>What the file is called as a whole in messages.</summary>
    public string Subject { get; init; } = "The topology";

    /// <summary>The errors in line order.</summary>
    public IReadOnlyList<TopologyError> All => [.. errors.OrderBy(error => error.Line).ThenBy(error => error.Column)];

    /// <summary>Adds an error; the same one twice counts once, because a section may be read by several.</summary>
    public void Add(int line, int column, string message) => errors.Add(new TopologyError(FileName, line, column, message));
}
