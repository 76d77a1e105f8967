using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Passes;

/// <summary>Removes nodes whose results nobody uses, and initialisers that are left.</summary>
public static class DeadCodeRemoval
{
    /// <returns>How many nodes and initialisers went.</returns>
    public static int Run(ModelGraph graph)
    {
        int removed = 0;
        foreach (var node in graph.Nodes.Reverse().ToList())
        {
            if (node.Outputs.Any(output => output is not null && (output.IsOutput || output.Consumers.Count > 0))) continue;
            graph.Remove(node);
            removed++;
        }

        foreach (var value in graph.Values.Where(value => value is { IsConstant: true, IsOutput: false, IsCaptured: false, Consumers.Count: 0 }).ToList())
        {
            graph.RemoveConstant(value);
            removed++;
        }

        return removed;
    }
}
