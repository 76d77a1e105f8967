namespace Mesh.Streaming.Topologies;

/// <summary>Something wrong in a topology file.</summary>
/// <param name="FileName">The file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record TopologyError(string FileName, int Line, int Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{FileName}:{Line}:{Column}: {Message}";
}
